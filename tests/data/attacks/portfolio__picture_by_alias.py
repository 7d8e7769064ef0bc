from algoops import PortfolioStrategy
from algoops import plot as draw


class S(PortfolioStrategy):
    def init(self):
        self.draw = draw

    def next(self):
        self.draw({}, "/tmp/x.html")
