from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        np.setbufsize(16 * int(self.data.Close[-1]))

    def next(self):
        pass
