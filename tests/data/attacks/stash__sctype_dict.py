from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        np.sctypeDict['kept'] = list(self.data.Close)

    def next(self):
        pass
