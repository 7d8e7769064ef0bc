from backtesting import Strategy
import numpy as np
class A(np.ndarray):
    pass


class S(Strategy):
    def init(self):
        self.x = A((1,), 'O', b'a' * 8)

    def next(self):
        pass
