from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        a = np.arange(9.0)
        a.strides, b = (80,), 1

    def next(self):
        pass
