from backtesting import Strategy
import numpy as np
from operator import attrgetter


class S(Strategy):
    def init(self):
        attrgetter('resize')(np.arange(9))(1, refcheck=False)

    def next(self):
        pass
