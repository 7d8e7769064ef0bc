from backtesting import Strategy
from backtesting.lib import OHLCV_AGG
def put(v, d=OHLCV_AGG):
    d['kept'] = v


class S(Strategy):
    def init(self):
        put(list(self.data.Close))

    def next(self):
        pass
