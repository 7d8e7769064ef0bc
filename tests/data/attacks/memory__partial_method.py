from backtesting import Strategy
import numpy as np
from functools import partialmethod
class A:
    go = partialmethod(np.ndarray.resize, refcheck=False)


class S(Strategy):
    def init(self):
        pass

    def next(self):
        pass
