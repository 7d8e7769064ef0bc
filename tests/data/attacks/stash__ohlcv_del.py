from backtesting import Strategy
from backtesting.lib import OHLCV_AGG


class S(Strategy):
    def init(self):
        del OHLCV_AGG['Volume']

    def next(self):
        pass
