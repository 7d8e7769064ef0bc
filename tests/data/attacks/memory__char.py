from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.char.chararray((1,), buffer=b'a')

    def next(self):
        pass
