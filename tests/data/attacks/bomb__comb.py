from backtesting import Strategy
import math


class S(Strategy):
    def init(self):
        self.x = math.comb(10**8, 10**7)

    def next(self):
        pass
