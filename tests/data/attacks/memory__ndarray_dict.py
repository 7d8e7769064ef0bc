from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        kinds = {'a': np.ndarray}
        self.x = kinds['a']((1,), 'O', b'a' * 8)

    def next(self):
        pass
