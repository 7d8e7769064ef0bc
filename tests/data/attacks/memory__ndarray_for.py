from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        for K in (np.ndarray, list):
            self.x = K((1,), 'O', b'a' * 8)

    def next(self):
        pass
