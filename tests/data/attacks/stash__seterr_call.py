from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        with np.errstate(call=lambda *a, k=list(self.data.Close): k):
            pass

    def next(self):
        pass
