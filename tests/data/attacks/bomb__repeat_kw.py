from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.repeat([1], repeats=10**11)

    def next(self):
        pass
