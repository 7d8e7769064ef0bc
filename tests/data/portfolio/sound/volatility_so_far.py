"""Equal risk, where risk is the volatility of the past 30 days."""

import pandas as pd
from algoops import PortfolioStrategy


def volatility(close, bars):
    return pd.Series(close).pct_change().rolling(bars, min_periods=5).std()


class EqualRisk(PortfolioStrategy):
    def init(self):
        self.risk = {s: self.I(volatility, self.data[s].Close, 30) for s in self.symbols}

    def next(self):
        weight = {s: 1 / self.risk[s][-1] for s in self.listed if self.risk[s][-1] > 0}
        whole = sum(weight.values())
        self.target({s: 0.9 * w / whole for s, w in weight.items()})
