from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        a = np.array([1], dtype='i8'); a.dtype = object

    def next(self):
        pass
