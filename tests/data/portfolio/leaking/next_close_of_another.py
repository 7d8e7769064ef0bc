"""Buys one symbol by tomorrow's close of another."""

import pandas as pd
from algoops import PortfolioStrategy


def tomorrow(close):
    series = pd.Series(close)
    return (series.shift(-1) / series - 1).fillna(0)


class Leader(PortfolioStrategy):
    def init(self):
        self.ahead = self.I(tomorrow, self.data["BBB"].Close)

    def next(self):
        self.target({"AAA": 0.9 if self.ahead[-1] > 0 else -0.9})
