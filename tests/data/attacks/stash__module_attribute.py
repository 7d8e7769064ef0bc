from backtesting import Strategy
import math


class S(Strategy):
    def init(self):
        math.kept = list(self.data.Close)

    def next(self):
        pass
