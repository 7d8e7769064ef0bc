from backtesting import Strategy
from decimal import getcontext


class S(Strategy):
    def init(self):
        getcontext().prec = int(self.data.Close[-1] * 1e6)

    def next(self):
        pass
