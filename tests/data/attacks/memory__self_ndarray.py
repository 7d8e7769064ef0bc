from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.K = np.ndarray
        self.x = self.K((1,), 'O', b'a' * 8)

    def next(self):
        pass
