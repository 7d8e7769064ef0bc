from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        a = np.arange(9.0)
        object.__setattr__(a, 'strides', (80,))

    def next(self):
        pass
