from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        getattr(np.arange(9), 're' + 'size')(1, refcheck=False)

    def next(self):
        pass
