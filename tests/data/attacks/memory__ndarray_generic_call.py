from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.ndarray[int, float]((1,), 'O', b'a' * 8)

    def next(self):
        pass
