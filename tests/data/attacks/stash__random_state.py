from backtesting import Strategy
import random


class S(Strategy):
    def init(self):
        random.setstate((3, tuple(int(c) for c in self.data.Close[:624]) + (1,), None))

    def next(self):
        pass
