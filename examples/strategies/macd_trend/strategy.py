"""Follows the MACD while the long trend agrees."""

import talib
from backtesting import Strategy
from backtesting.lib import crossover


class MacdTrend(Strategy):
    """Long when the MACD line crosses its signal upwards above a long average.

    Attributes:
        fast, slow, signal: the MACD's three lengths in bars.
        trend: length of the average that must be below the price.
    """

    fast = 19
    slow = 39
    signal = 9
    trend = 200
    share = 0.95

    def init(self):
        self.macd, self.trigger, _ = self.I(
            talib.MACD, self.data.Close, self.fast, self.slow, self.signal
        )
        self.average = self.I(talib.EMA, self.data.Close, self.trend)

    def next(self):
        price = self.data.Close[-1]
        if self.position:
            if price < self.average[-1] and self.macd[-1] < self.trigger[-1]:
                self.position.close()
        elif crossover(self.macd, self.trigger) and price > self.average[-1]:
            self.buy(size=self.share)
