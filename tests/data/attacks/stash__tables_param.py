from backtesting import Strategy
from backtesting.lib import OHLCV_AGG
def put(d, v):
    d['k'] = v


class S(Strategy):
    def init(self):
        put(OHLCV_AGG, 1)

    def next(self):
        pass
