from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        np.set_printoptions(formatter={'float': lambda x, k=list(self.data.Close): str(k)})

    def next(self):
        pass
