from backtesting import Strategy
from itertools import product


class S(Strategy):
    def init(self):
        self.x = list(product(range(1000), range(1000), range(1000)))

    def next(self):
        pass
