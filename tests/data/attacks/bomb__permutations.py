from backtesting import Strategy
import itertools


class S(Strategy):
    def init(self):
        self.x = list(itertools.permutations(range(20)))

    def next(self):
        pass
