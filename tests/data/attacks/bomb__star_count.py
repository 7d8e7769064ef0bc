from backtesting import Strategy
from itertools import count


class S(Strategy):
    def init(self):
        self.x = [*count()]

    def next(self):
        pass
