from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        for f in [np.arange(9).resize]:
            f(1, refcheck=False)

    def next(self):
        pass
