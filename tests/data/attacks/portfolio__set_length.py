from algoops import PortfolioStrategy


class S(PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        self.data['A']._set_length(10_000)
