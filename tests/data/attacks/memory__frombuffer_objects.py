from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        a = np.array([None], 'O')
        np.frombuffer(a, 'i8')[0] = 1

    def next(self):
        pass
