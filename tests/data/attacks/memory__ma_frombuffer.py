from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.a = np.ma.frombuffer(b'a' * 8, 'i8')

    def next(self):
        pass
