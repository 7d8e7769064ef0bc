from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        np.seterr(over=['ignore', 'warn'][int(self.data.Close[-1]) % 2])

    def next(self):
        pass
