from backtesting import Strategy
import numpy as np


class S(Strategy):
    def init(self):
        np.random.set_state(('MT19937', np.zeros(624, 'u4'), 10**8))
        self.x = np.random.rand()

    def next(self):
        pass
