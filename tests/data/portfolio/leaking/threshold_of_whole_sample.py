"""Buys in the lowest third of the whole history of a ratio of two symbols."""

import numpy as np
from algoops import PortfolioStrategy


def cheap(one, other):
    ratio = np.asarray(one) / np.asarray(other)
    return (ratio < np.quantile(ratio, 0.3)).astype(float) - (ratio > np.quantile(ratio, 0.7))


class Cheap(PortfolioStrategy):
    def init(self):
        self.cheap = self.I(cheap, self.data["AAA"].Close, self.data["BBB"].Close)

    def next(self):
        side = self.cheap[-1]
        self.target({"AAA": 0.4 * side, "BBB": -0.4 * side})
