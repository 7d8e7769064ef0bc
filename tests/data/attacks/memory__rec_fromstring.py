from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.a = np.rec.fromstring(b'a' * 8, dtype=[('a', 'O')])

    def next(self):
        pass
