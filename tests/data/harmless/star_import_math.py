from math import *
from backtesting.lib import *
from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = sqrt(2) + sin(pi)

    def next(self):
        if crossover(self.data.Close, self.data.Open):
            self.buy()
