from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        a = np.arange(9); getattr(a, 'resize')(1, refcheck=False)

    def next(self):
        pass
