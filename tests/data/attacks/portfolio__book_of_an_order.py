from algoops import PortfolioStrategy


class S(PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        order = self.buy('A', size=1)
        order._Order__broker.mark = 1.0
