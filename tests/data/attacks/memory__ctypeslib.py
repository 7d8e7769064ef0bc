from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.ctypeslib.as_array(1)

    def next(self):
        pass
