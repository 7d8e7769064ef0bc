from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        a = np.arange(9.0)
        for a.strides in [(80,)]:
            pass

    def next(self):
        pass
