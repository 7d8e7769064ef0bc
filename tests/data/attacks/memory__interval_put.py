from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        np.ndarray.setflags(np.zeros(3), write=True)

    def next(self):
        pass
