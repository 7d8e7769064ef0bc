import random
import numpy as np
from backtesting import Strategy


class RandomEntry(Strategy):
    seed = 42
    p = 0.05

    def init(self):
        self.rng = np.random.default_rng(self.seed)
        self.py = random.Random(self.seed)
        self.children = self.rng.spawn(2)
        self.noise = self.rng.normal(0, 1, size=len(self.data))

    def next(self):
        if self.rng.random() < self.p and self.py.choice([True, False]):
            self.buy() if self.rng.integers(0, 2) else self.sell()
