from backtesting import Strategy
from backtesting.lib import crossover


class S(Strategy):
    def init(self):
        for f in (crossover,):
            f.kept = list(self.data.Close)

    def next(self):
        pass
