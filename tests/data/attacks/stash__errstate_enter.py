from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        np.errstate(call=print).__enter__()

    def next(self):
        pass
