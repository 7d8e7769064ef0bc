from backtesting import Strategy
import numpy as np
class R:
    def resize(self, n):
        return n


class S(Strategy):
    def init(self):
        a = np.arange(9)
        a.resize(1, refcheck=False)

    def next(self):
        pass
