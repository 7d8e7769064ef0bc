from backtesting import Strategy
import itertools


class S(Strategy):
    def init(self):
        self.x = list(map(str, itertools.count()))

    def next(self):
        pass
