from backtesting import Strategy
import functools
import math


class S(Strategy):
    def init(self):
        math.sqrt = functools.lru_cache(math.sqrt)

    def next(self):
        pass
