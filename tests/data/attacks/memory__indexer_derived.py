from backtesting import Strategy
import numpy as np
import pandas as pd
class W(pd.api.indexers.FixedForwardWindowIndexer):
    get_window_bounds = staticmethod(lambda n, *a: (np.full(n, -50), np.full(n, -49)))


class S(Strategy):
    def init(self):
        self.x = pd.Series([1.0] * 9).rolling(W(window_size=2)).sum()

    def next(self):
        pass
