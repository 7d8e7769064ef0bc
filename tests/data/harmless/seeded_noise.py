import random

import numpy as np
from backtesting import Strategy

random.seed(42)
np.random.seed(42)
RNG = np.random.Generator(np.random.PCG64(7))


class S(Strategy):
    seed = 1

    def init(self):
        self.rng = np.random.default_rng(self.seed)
        self.other = random.Random(self.seed)
        self.state = self.other.getstate() if False else None
        self.old = np.random.RandomState(3)

    def next(self):
        if self.rng.random() > 0.5 and self.other.random() < 0.9 and self.old.rand() > 0.1:
            self.buy(size=0.1)
