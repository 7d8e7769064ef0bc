from backtesting import Strategy
from numpy import ndarray as N


class S(Strategy):
    def init(self):
        K = N
        self.o = K((1,), 'O', b'a' * 8)

    def next(self):
        pass
