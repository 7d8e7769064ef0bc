"""Mean reversion on the z-score, with a warm-up and a cool-down."""
import numpy as np
import pandas as pd
from backtesting import Strategy


def zscore(close, n):
    s = pd.Series(close)
    return ((s - s.rolling(n, min_periods=n).mean()) / s.rolling(n).std()).clip(-5, 5)


class ZScore(Strategy):
    n = 30
    entry = -2.0
    exit = 0.0
    cool_down = 5

    def init(self):
        self.z = self.I(zscore, self.data.Close, self.n, color="blue", scatter=False)
        self.wait = 0

    def next(self):
        self.wait = max(0, self.wait - 1)
        z = self.z[-1]
        if np.isnan(z):
            return
        if self.position and z >= self.exit:
            self.position.close()
            self.wait = self.cool_down
        elif not self.position and z <= self.entry and not self.wait:
            self.buy(size=min(0.99, abs(z) / 5))
