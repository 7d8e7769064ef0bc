from backtesting import Strategy
from functools import singledispatchmethod


class S(Strategy):
    def init(self):
        self.x = vars(self)

    def next(self):
        pass
