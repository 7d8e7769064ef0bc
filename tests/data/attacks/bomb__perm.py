from backtesting import Strategy
import math


class S(Strategy):
    def init(self):
        self.x = math.perm(10**9, 10**9)

    def next(self):
        pass
