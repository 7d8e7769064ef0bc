from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.zeros(3).view(dtype=np.object_)

    def next(self):
        pass
