import algoops


class S(algoops.PortfolioStrategy):
    I = None

    def init(self):
        pass

    def next(self):
        pass
