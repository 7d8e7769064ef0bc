from backtesting import Strategy
class S(Strategy):
    import numpy as np
    def init(self):
        self.np.load("x.npy")
    def next(self):
        pass
