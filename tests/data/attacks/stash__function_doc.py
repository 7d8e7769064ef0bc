from backtesting import Strategy
from backtesting.lib import crossover


class S(Strategy):
    def init(self):
        crossover.__doc__ = repr(list(self.data.Close))

    def next(self):
        pass
