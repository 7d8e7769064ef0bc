from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        bs = [np.random.MT19937(1)]
        bs[0].state = {}

    def next(self):
        pass
