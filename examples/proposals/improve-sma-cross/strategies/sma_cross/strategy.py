"""Long while the fast moving average is above the slow one, else in cash."""

import talib
from backtesting import Strategy
from backtesting.lib import crossover


class SmaCross(Strategy):
    fast = 40
    slow = 160

    def init(self):
        self.fast_average = self.I(talib.SMA, self.data.Close, self.fast)
        self.slow_average = self.I(talib.SMA, self.data.Close, self.slow)

    def next(self):
        if crossover(self.fast_average, self.slow_average):
            self.buy(size=0.95)
        elif crossover(self.slow_average, self.fast_average):
            self.position.close()
