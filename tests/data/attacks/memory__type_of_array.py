from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        a = np.zeros(2)
        self.o = type(a)((1,), 'O', b'a' * 8)

    def next(self):
        pass
