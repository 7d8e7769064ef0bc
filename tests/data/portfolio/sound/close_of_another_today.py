"""Buys one symbol by today's close of another, at the next open."""

import pandas as pd
from algoops import PortfolioStrategy


def today(close):
    return pd.Series(close).pct_change().fillna(0)


class Leader(PortfolioStrategy):
    def init(self):
        self.gain = self.I(today, self.data["BBB"].Close)

    def next(self):
        self.target({"AAA": 0.9 if self.gain[-1] > 0 else -0.9})
