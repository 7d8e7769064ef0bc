from backtesting import Strategy
from backtesting.lib import OHLCV_AGG


class S(Strategy):
    def init(self):
        f = OHLCV_AGG.setdefault
        f('k', list(self.data.Close))

    def next(self):
        pass
