from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.vectorize(getattr)(self, '_broker')

    def next(self):
        pass
