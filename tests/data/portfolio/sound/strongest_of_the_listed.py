"""Holds the two that gained most in a month, of those that trade today."""

import numpy as np
from algoops import PortfolioStrategy


def gain(close, bars):
    found = np.full(len(close), np.nan)
    found[bars:] = close[bars:] / close[:-bars] - 1
    return found


class Rotation(PortfolioStrategy):
    bars = 20

    def init(self):
        self.gain = {s: self.I(gain, self.data[s].Close, self.bars) for s in self.symbols}

    def next(self):
        known = [s for s in self.listed if np.isfinite(self.gain[s][-1])]
        best = sorted(known, key=lambda s: self.gain[s][-1])[-2:]
        self.target({s: 0.45 for s in best})
