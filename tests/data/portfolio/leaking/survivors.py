"""Holds only the symbols that still trade on the last day: today's members, in the past."""

import pandas as pd
from algoops import PortfolioStrategy


class Survivors(PortfolioStrategy):
    def init(self):
        ends = {s: self.data[s].index[-1] if len(self.data[s]) else None for s in self.symbols}
        last = max((end for end in ends.values() if end is not None), default=None)
        self.alive = [s for s, end in ends.items() if last and end > last - pd.Timedelta(days=5)]

    def next(self):
        chosen = [s for s in self.alive if s in self.listed]
        self.target({s: 0.9 / len(chosen) for s in chosen})
