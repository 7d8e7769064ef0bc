"""Ranks symbols by the gain of the month that is still running, up to its end."""

import pandas as pd
from algoops import PortfolioStrategy


def gain_of_the_month(close, index):
    closes = pd.Series(close, index=index)
    month = closes.index.to_period("M")
    return (closes.groupby(month).transform("last") / closes - 1).to_numpy()


class Monthly(PortfolioStrategy):
    def init(self):
        self.gain = {
            s: self.I(gain_of_the_month, self.data[s].Close, self.data[s].index)
            for s in self.symbols
        }

    def next(self):
        best = max(self.listed, key=lambda s: self.gain[s][-1])
        self.target({best: 0.9})
