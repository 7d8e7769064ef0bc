from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.o = np.ndarray((1,), dtype=object, buffer=b'a' * 8)

    def next(self):
        pass
