from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.ones(int(1e11))

    def next(self):
        pass
