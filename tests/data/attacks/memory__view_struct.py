from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.arange(3).view([('a', 'O')])

    def next(self):
        pass
