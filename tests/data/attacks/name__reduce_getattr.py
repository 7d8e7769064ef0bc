from backtesting import Strategy
from functools import reduce


class S(Strategy):
    def init(self):
        self.x = reduce(getattr, ['_broker', '_cash'], self)

    def next(self):
        pass
