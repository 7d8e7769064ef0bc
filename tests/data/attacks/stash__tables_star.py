from backtesting import Strategy
from backtesting.lib import *


class S(Strategy):
    def init(self):
        OHLCV_AGG['k'] = list(self.data.Close)

    def next(self):
        pass
