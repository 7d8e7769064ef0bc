from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        setattr(np, 'kept', list(self.data.Close))

    def next(self):
        pass
