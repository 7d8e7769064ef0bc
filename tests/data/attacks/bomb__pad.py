from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.pad([1], 10**11)

    def next(self):
        pass
