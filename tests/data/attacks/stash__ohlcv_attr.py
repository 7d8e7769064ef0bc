from backtesting import Strategy
from backtesting.lib import OHLCV_AGG


class S(Strategy):
    def init(self):
        self.store = OHLCV_AGG
        self.store['kept'] = list(self.data.Close)

    def next(self):
        pass
