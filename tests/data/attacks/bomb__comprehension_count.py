from backtesting import Strategy
from itertools import count


class S(Strategy):
    def init(self):
        self.x = [i for i in count()]

    def next(self):
        pass
