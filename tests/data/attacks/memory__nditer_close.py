from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        it = np.nditer(np.arange(9.0), flags=['buffered', 'external_loop'], op_dtypes=['f4'], casting='same_kind')
        v = it[0]
        it.close()
        self.v = v

    def next(self):
        pass
