"""Buys in the lowest third of the history so far of a ratio of two symbols."""

import pandas as pd
from algoops import PortfolioStrategy


def rank(one, other):
    ratio = pd.Series(one) / pd.Series(other)
    return ratio.expanding(10).rank(pct=True)


class Cheap(PortfolioStrategy):
    def init(self):
        self.rank = self.I(rank, self.data["AAA"].Close, self.data["BBB"].Close)

    def next(self):
        side = (self.rank[-1] < 0.3) * 1.0 - (self.rank[-1] > 0.7) * 1.0
        self.target({"AAA": 0.4 * side, "BBB": -0.4 * side})
