from algoops import PortfolioStrategy


class S(PortfolioStrategy):
    def init(self):
        pass

    def next(self):
        getattr(self, '_bo' + 'ok')('A').mark = 1.0
