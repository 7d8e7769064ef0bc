from backtesting import Strategy
import collections.abc


class S(Strategy):
    def init(self):
        collections.abc.Sized.kept = 1

    def next(self):
        pass
