from backtesting import Strategy
from backtesting.lib import OHLCV_AGG
from functools import partial


class S(Strategy):
    def init(self):
        partial(dict.update, OHLCV_AGG)(k=1)

    def next(self):
        pass
