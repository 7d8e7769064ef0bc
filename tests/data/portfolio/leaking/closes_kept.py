"""Keeps whole columns in init and reads their last values in next."""

import numpy as np
from algoops import PortfolioStrategy


class Kept(PortfolioStrategy):
    def init(self):
        self.closes = {s: self.data[s].Close for s in self.symbols}

    def next(self):
        gains = {s: self.closes[s][-1] / self.data[s].Close[-1] for s in self.listed}
        best = max(gains, key=gains.get)
        self.target({best: 0.9 if np.isfinite(gains[best]) else 0.5})
