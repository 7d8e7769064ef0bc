from algoops import PortfolioStrategy


class S(PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        self.position('A')._Position__broker.mark = 1.0
