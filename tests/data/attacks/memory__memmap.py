from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.memmap('/tmp/x', 'i8', 'w+', shape=(1,))

    def next(self):
        pass
