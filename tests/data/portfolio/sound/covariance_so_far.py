"""Weights of least variance from the covariances of the past 40 days."""

import numpy as np
import pandas as pd
from algoops import PortfolioStrategy


class LeastVariance(PortfolioStrategy):
    bars = 40

    def init(self):
        pass

    def next(self):
        closes = {s: np.asarray(self.data[s].Close[-self.bars :]) for s in ("AAA", "BBB")}
        if len(closes["AAA"]) < self.bars:
            return
        gains = pd.DataFrame(closes).pct_change().dropna()
        raw = np.linalg.solve(gains.cov().to_numpy() + np.eye(2) * 1e-9, np.ones(2))
        one, other = raw / np.abs(raw).sum() * 0.9
        self.target({"AAA": float(one), "BBB": float(other)})
