from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.lib.format.read_array

    def next(self):
        pass
