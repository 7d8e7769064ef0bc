from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.arange(3).getfield('O')

    def next(self):
        pass
