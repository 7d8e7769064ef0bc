"""A pair whose hedge ratio is fitted on the past 30 days."""

import numpy as np
import pandas as pd
from algoops import PortfolioStrategy


def apart(one, other, bars):
    y, x = np.log(pd.Series(one)), np.log(pd.Series(other))
    ratio = y.rolling(bars).cov(x) / x.rolling(bars).var()
    spread = y - ratio * x
    return (spread - spread.rolling(bars).mean()) / spread.rolling(bars).std()


class Pair(PortfolioStrategy):
    def init(self):
        self.apart = self.I(apart, self.data["AAA"].Close, self.data["BBB"].Close, 30)

    def next(self):
        side = -np.sign(self.apart[-1])
        self.target({"AAA": 0.4 * side, "BBB": -0.4 * side})
