from backtesting import Strategy
from backtesting.lib import crossover


class S(Strategy):
    def init(self):
        crossover.kept = list(self.data.Close)

    def next(self):
        pass
