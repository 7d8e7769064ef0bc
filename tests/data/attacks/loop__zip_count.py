from backtesting import Strategy
from itertools import count


class S(Strategy):
    def init(self):
        for a, b in zip(count(), count()):
            pass

    def next(self):
        pass
