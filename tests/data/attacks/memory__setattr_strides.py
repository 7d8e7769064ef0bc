from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        a = np.arange(9.0); setattr(a, 'strides', (800,))

    def next(self):
        pass
