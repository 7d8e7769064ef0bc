from backtesting import Strategy
import numpy as np
class Tools:
    K = np.ndarray


class S(Strategy):
    def init(self):
        self.x = Tools.K((1,), 'O', b'a' * 8)

    def next(self):
        pass
