from algoops import PortfolioStrategy


def plain(close):
    return close


class S(PortfolioStrategy):
    def init(self):
        self.line = self.I(plain, self.data['A'].Close)
        self._values = []

    def next(self):
        self._values.append(self.line._values[-1])
