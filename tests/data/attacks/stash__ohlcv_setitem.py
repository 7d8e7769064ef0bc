from backtesting import Strategy
from backtesting.lib import OHLCV_AGG
from operator import setitem


class S(Strategy):
    def init(self):
        setitem(OHLCV_AGG, 'kept', list(self.data.Close))

    def next(self):
        pass
