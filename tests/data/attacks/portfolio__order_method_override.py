from algoops import PortfolioStrategy


class S(PortfolioStrategy):
    def init(self):
        pass

    def _order(self, *given):
        return None

    def next(self):
        pass
