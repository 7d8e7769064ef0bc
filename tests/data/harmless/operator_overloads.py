from functools import total_ordering
from backtesting import Strategy


@total_ordering
class Money:
    def __init__(self, amount: float, ccy: str = "USD"):
        self._amount, self._ccy = amount, ccy

    def __add__(self, other): return Money(self._amount + other._amount, self._ccy)
    def __sub__(self, other): return self + -other
    def __neg__(self): return Money(-self._amount, self._ccy)
    def __mul__(self, k): return Money(self._amount * k)
    __rmul__ = __mul__
    def __truediv__(self, k): return Money(self._amount / k)
    def __lt__(self, other): return self._amount < other._amount
    def __eq__(self, other): return self._amount == other._amount
    def __hash__(self): return hash((self._amount, self._ccy))
    def __bool__(self): return self._amount != 0
    def __float__(self): return float(self._amount)
    def __int__(self): return int(self._amount)
    def __abs__(self): return Money(abs(self._amount))
    def __round__(self, n=0): return Money(round(self._amount, n))
    def __format__(self, spec): return format(self._amount, spec)
    def __str__(self): return f"{self._amount:.2f}"
    def __iter__(self): yield self._amount
    def __contains__(self, x): return x == self._amount
    def __call__(self, *a, **k): return self
    def __enter__(self): return self
    def __exit__(self, *exc): return False
    def __getattr__(self, name): raise AttributeError(name)
    def __del__(self): pass
    def __copy__(self): return Money(self._amount)
    def __index__(self): return int(self._amount)
    def __matmul__(self, other): return self._amount * other._amount


class S(Strategy):
    def init(self):
        self.cash = sum([Money(1), Money(2)], start=Money(0))

    def next(self):
        with self.cash as cash:
            if cash > Money(2):
                self.buy()
