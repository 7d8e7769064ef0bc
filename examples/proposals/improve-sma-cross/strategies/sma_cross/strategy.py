"""Trend following with two moving averages: in the market while the fast one is on top."""

import talib
from backtesting import Strategy
from backtesting.lib import crossover


class SmaCross(Strategy):
    """Long from the golden cross to the death cross, else in cash.

    Attributes:
        fast, slow: lengths of the averages in bars.
        share: fraction of equity put into an entry.
    """

    fast = 40
    slow = 150
    share = 0.95

    def init(self):
        self.quick = self.I(talib.SMA, self.data.Close, self.fast)
        self.calm = self.I(talib.SMA, self.data.Close, self.slow)

    def next(self):
        if crossover(self.quick, self.calm):
            self.buy(size=self.share)
        elif crossover(self.calm, self.quick):
            self.position.close()
