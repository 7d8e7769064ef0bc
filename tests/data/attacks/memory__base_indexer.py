from backtesting import Strategy
import numpy as np
import pandas as pd
from pandas.api.indexers import BaseIndexer
class W(BaseIndexer):
    def get_window_bounds(self, num_values=0, min_periods=None, center=None, closed=None, step=None):
        return np.full(num_values, -5000), np.full(num_values, -4990)


class S(Strategy):
    def init(self):
        self.x = pd.Series([1.0] * 9).rolling(W()).sum()

    def next(self):
        pass
