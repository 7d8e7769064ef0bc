"""Weights of least variance from the covariances of the whole sample."""

import numpy as np
import pandas as pd
from algoops import PortfolioStrategy


def weights(first, second):
    gains = pd.DataFrame({"a": first, "b": second}).pct_change().dropna()
    if len(gains) < 3:
        return np.full((2, len(first)), 0.5)
    raw = np.linalg.solve(gains.cov().to_numpy() + np.eye(2) * 1e-9, np.ones(2))
    return np.repeat((raw / np.abs(raw).sum())[:, None], len(first), axis=1)


class LeastVariance(PortfolioStrategy):
    def init(self):
        self.weights = self.I(weights, self.data["AAA"].Close, self.data["BBB"].Close)

    def next(self):
        one, other = self.weights[:, -1]
        self.target({"AAA": float(one) * 0.9, "BBB": float(other) * 0.9})
