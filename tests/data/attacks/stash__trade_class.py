from backtesting import Strategy
from backtesting.backtesting import Trade


class S(Strategy):
    def init(self):
        Trade.kept = list(self.data.Close)

    def next(self):
        pass
