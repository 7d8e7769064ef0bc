from algoops import PortfolioStrategy


class Other:
    pass


PortfolioStrategy.register(Other)


class S(PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        pass
