from functools import lru_cache, partial, singledispatch
from backtesting import Strategy

@singledispatch
def to_float(x): return float(x)

@to_float.register
def _(x: str): return float(x.strip("%")) / 100

@to_float.register(list)
def _list(x): return sum(map(to_float, x))

@lru_cache
def fib(n: int) -> int: return n if n < 2 else fib(n - 1) + fib(n - 2)

class F(Strategy):
    ratio = "61.8%"
    def init(self): self.lv = [to_float(self.ratio), fib(10) / fib(11)]
    def next(self):
        hi, lo = max(self.data.High[-20:]), min(self.data.Low[-20:])
        if self.data.Close[-1] < hi - (hi - lo) * self.lv[0]: self.buy(sl=lo * .99)
