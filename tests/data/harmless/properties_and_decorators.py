import functools
from functools import lru_cache, cached_property, wraps

from backtesting import Strategy


def logged(fn):
    @wraps(fn)
    def inner(self, *args, **kwargs):
        self._calls = getattr(self, "_calls", 0) + 1
        return fn(self, *args, **kwargs)
    return inner


@lru_cache(maxsize=None)
def weights(n: int) -> tuple[float, ...]:
    total = n * (n + 1) / 2
    return tuple(i / total for i in range(1, n + 1))


class S(Strategy):
    n = 14

    def init(self):
        self._calls = 0
        self._peak = None

    @property
    def price(self):
        return self.data.Close[-1]

    @price.setter
    def price(self, value):
        raise AttributeError("read only")

    @staticmethod
    def clamp(x, lo=0.0, hi=1.0):
        return max(lo, min(hi, x))

    @classmethod
    def describe(cls):
        return f"{cls.__name__}({cls.n})"

    @cached_property
    def start_cash(self):
        return self.equity

    @functools.cache
    def _never(self):
        return self.describe()

    @logged
    def next(self):
        wma = sum(w * p for w, p in zip(weights(self.n), self.data.Close[-self.n:]))
        if self.price > wma:
            self.buy(size=self.clamp(0.5))
