import algoops

setattr(algoops.PortfolioStrategy, 'equity', 1e9)


class S(algoops.PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        pass
