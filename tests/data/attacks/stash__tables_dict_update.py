from backtesting import Strategy
from backtesting.lib import OHLCV_AGG


class S(Strategy):
    def init(self):
        dict.update(OHLCV_AGG, k=1)

    def next(self):
        pass
