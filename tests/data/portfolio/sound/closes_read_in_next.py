"""Reads the closes so far in next, and keeps its own notes of them."""

import numpy as np
from algoops import PortfolioStrategy


class Notes(PortfolioStrategy):
    def init(self):
        self.highest = {}

    def next(self):
        for symbol in self.listed:
            close = self.data[symbol].Close[-1]
            self.highest[symbol] = max(close, self.highest.get(symbol, close))
        fallen = {s: self.data[s].Close[-1] / self.highest[s] for s in self.listed}
        best = max(fallen, key=fallen.get)
        self.target({best: 0.9 if np.isfinite(fallen[best]) else 0.5})
