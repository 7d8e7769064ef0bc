"""A pair whose hedge ratio is fitted on all days, those to come included."""

import numpy as np
from algoops import PortfolioStrategy


def apart(one, other):
    slope, level = np.polyfit(np.log(other), np.log(one), 1)
    return np.log(one) - slope * np.log(other) - level


class Pair(PortfolioStrategy):
    def init(self):
        self.apart = self.I(apart, self.data["AAA"].Close, self.data["BBB"].Close)

    def next(self):
        part = float(np.clip(self.apart[-1] * 3, -0.4, 0.4))
        self.target({"AAA": -part, "BBB": part})
