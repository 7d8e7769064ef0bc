from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.frompyfunc(eval, 1, 1)(['1'])

    def next(self):
        pass
