from backtesting import Strategy
from operator import attrgetter


class S(Strategy):
    def init(self):
        self.x = attrgetter(*['_broker'])(self)

    def next(self):
        pass
