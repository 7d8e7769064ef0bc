from backtesting import Strategy
import numpy as np
def make(K=np.ndarray):
    return K((1,), 'O', b'a' * 8)


class S(Strategy):
    def init(self):
        self.x = make()

    def next(self):
        pass
