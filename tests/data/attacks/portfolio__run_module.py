from algoops import PortfolioStrategy
from algoops.run import backtest


class S(PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        backtest(S, self.data)
