"""The spread of a pair against its centred mean."""

import numpy as np
import pandas as pd
from algoops import PortfolioStrategy


def apart(one, other):
    spread = pd.Series(np.log(one) - np.log(other))
    return (spread - spread.rolling(11, center=True, min_periods=1).mean()).to_numpy()


class Pair(PortfolioStrategy):
    def init(self):
        self.apart = self.I(apart, self.data["AAA"].Close, self.data["BBB"].Close)

    def next(self):
        side = -np.sign(self.apart[-1])
        self.target({"AAA": 0.4 * side, "BBB": -0.4 * side})
