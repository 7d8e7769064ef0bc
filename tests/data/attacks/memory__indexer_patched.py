from backtesting import Strategy
import numpy as np
import pandas as pd


class S(Strategy):
    def init(self):
        w = pd.api.indexers.FixedForwardWindowIndexer(window_size=2)
        w.get_window_bounds = lambda n, *a: (np.full(n, -50), np.full(n, -49))
        self.x = pd.Series([1.0] * 9).rolling(w).sum()

    def next(self):
        pass
