from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        np.lib.add_newdoc('os', 'x', 'y')

    def next(self):
        pass
