from backtesting import Strategy
import itertools


class S(Strategy):
    def init(self):
        self.x = set(itertools.product('abcdefghij', repeat=20))

    def next(self):
        pass
