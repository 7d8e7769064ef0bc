from backtesting import Strategy
import numpy as np
from types import SimpleNamespace


class S(Strategy):
    def init(self):
        self.x = np.asarray(SimpleNamespace(__array_interface__={'data': (4096, False)}))

    def next(self):
        pass
