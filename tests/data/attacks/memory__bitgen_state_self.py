from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.b = np.random.MT19937(1)
        self.b.state = {}

    def next(self):
        pass
