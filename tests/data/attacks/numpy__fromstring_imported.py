from backtesting import Strategy
from numpy import fromstring as f


class S(Strategy):
    def init(self):
        self.x = f('1 2', sep=' ')

    def next(self):
        pass
