"""Keeps whole columns in init and reads their last values in next."""

from algoops import PortfolioStrategy


class Kept(PortfolioStrategy):
    def init(self):
        self.closes = {s: self.data[s].Close for s in self.symbols}

    def next(self):
        gains = {s: self.closes[s][-1] / self.data[s].Close[-1] for s in self.listed}
        best = max(gains, key=gains.get)
        self.target({best: 0.9 if gains[best] > 1 else -0.9})
