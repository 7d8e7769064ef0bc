from backtesting import Strategy
import itertools


class S(Strategy):
    def init(self):
        self.x = list(itertools.product(self.data.Close, repeat=30))

    def next(self):
        pass
