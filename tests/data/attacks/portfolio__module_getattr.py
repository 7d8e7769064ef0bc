import algoops


class S(algoops.PortfolioStrategy):
    def init(self):
        self.get = algoops.__getattr__

    def next(self):
        pass
