from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        n = 10**10
        self.x = np.zeros(n)

    def next(self):
        pass
