from math import (sqrt, log, exp, pi,
                  erf)
from backtesting import Strategy
def norm_cdf(x): return .5 * (1 + erf(x / sqrt(2)))
def bs_call(s, k, t, r, v):
    d1 = (log(s / k) + (r + v * v / 2) * t) / (v * sqrt(t)); d2 = d1 - v * sqrt(t)
    return s * norm_cdf(d1) - k * exp(-r * t) * norm_cdf(d2)
class S(Strategy):
    def init(self): self.c = bs_call(100, 100, 1, .01, .2) / pi
    def next(self):
        type_ = "call" if self.c > 1 else "put"
        kind = type(self.c)
        if kind is float and type_ == "call" and type(self.c) in (int, float): self.buy()
