import numpy as np
from backtesting import Strategy
from numpy import nan, isnan, where
from numpy.random import default_rng, Generator, PCG64

class MonteCarlo(Strategy):
    n_paths = 100
    def init(self):
        self.g: Generator = default_rng(seed=1)
        self.h = Generator(PCG64(12345))
    def simulate(self, mu, sigma, steps=10):
        z = self.g.standard_normal((self.n_paths, steps))
        return np.exp(np.cumsum((mu - sigma**2 / 2) + sigma * z, axis=1))
    def next(self):
        c = np.asarray(self.data.Close[-50:], dtype=np.float64)
        if c.size < 50: return
        r = np.diff(np.log(c))
        paths = self.simulate(r.mean(), r.std(ddof=1))
        p = float((paths[:, -1] > 1).mean())
        if not isnan(p) and where(p > .6, 1, 0): self.buy(size=.3)
