from backtesting import Strategy
from backtesting.lib import OHLCV_AGG


class S(Strategy):
    def init(self):
        match OHLCV_AGG:
            case dict() as d:
                d['k'] = 1

    def next(self):
        pass
