from backtesting import Strategy
import itertools


class S(Strategy):
    def init(self):
        self.x = sorted(itertools.combinations(range(1000), 10))

    def next(self):
        pass
