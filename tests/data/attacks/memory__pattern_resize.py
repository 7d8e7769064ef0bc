from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        match np.arange(3):
            case np.ndarray(resize=r):
                r(1, refcheck=False)

    def next(self):
        pass
