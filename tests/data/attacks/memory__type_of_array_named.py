from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        k = type(np.zeros(2))
        self.o = k((1,), 'O', b'a' * 8)

    def next(self):
        pass
