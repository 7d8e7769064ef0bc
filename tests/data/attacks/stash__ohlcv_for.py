from backtesting import Strategy
from backtesting.lib import OHLCV_AGG


class S(Strategy):
    def init(self):
        for OHLCV_AGG['kept'] in [list(self.data.Close)]:
            pass

    def next(self):
        pass
