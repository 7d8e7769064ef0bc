from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        self.x = np.array(['2020'], 'M8[s]').view('O')

    def next(self):
        pass
