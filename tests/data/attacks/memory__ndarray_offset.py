from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.o = np.ndarray((2,), 'i8', np.zeros(10), -80)

    def next(self):
        pass
