from backtesting import Strategy
from backtesting.backtesting import Position


class S(Strategy):
    def init(self):
        Position.close.__defaults__ = (list(self.data.Close),)

    def next(self):
        pass
