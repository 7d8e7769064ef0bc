from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        secret = np.eye(2)
        self.x = np.bmat('secret')

    def next(self):
        pass
