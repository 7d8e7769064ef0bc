from backtesting import Strategy
import numpy as np
from operator import methodcaller


class S(Strategy):
    def init(self):
        a = np.arange(9); methodcaller('resize', 1, refcheck=False)(a)

    def next(self):
        pass
