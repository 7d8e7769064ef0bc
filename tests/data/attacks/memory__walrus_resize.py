from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        (a := np.arange(9)).resize(1, refcheck=False)

    def next(self):
        pass
