from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.a = np.recarray((1,), dtype=[('a', 'O')], buf=b'a' * 8)

    def next(self):
        pass
