from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.tile([1], reps=10**11)

    def next(self):
        pass
