"""Changes one of its symbols each day by a seeded draw."""

import numpy as np
from algoops import PortfolioStrategy


class Draws(PortfolioStrategy):
    def init(self):
        self.chance = np.random.default_rng(7)

    def next(self):
        chosen = self.listed[int(self.chance.integers(len(self.listed)))]
        weight = float(self.chance.uniform(0.3, 0.9))
        self.target({chosen: weight})
