from backtesting import Strategy
from backtesting import lib


class S(Strategy):
    def init(self):
        lib.TRADES_AGG.clear()

    def next(self):
        pass
