"""Sells rallies short while the market falls."""

import talib
from backtesting import Strategy


class ShortFade(Strategy):
    """Short after a sharp rally below a falling average; bought back when the rally has faded.

    Attributes:
        length: length of the RSI in bars; high, low: its values to enter above and leave below.
        trend: length of the average that must be above the price and falling.
        stop: distance of the stop-loss from the close, as a fraction.
    """

    length = 2
    high = 85
    low = 30
    trend = 200
    stop = 0.06
    share = 0.5

    def init(self):
        self.rsi = self.I(talib.RSI, self.data.Close, self.length)
        self.average = self.I(talib.SMA, self.data.Close, self.trend)

    def next(self):
        price = self.data.Close[-1]
        if self.position:
            if self.rsi[-1] < self.low:
                self.position.close()
        elif self.rsi[-1] > self.high and price < self.average[-1] < self.average[-10]:
            self.sell(size=self.share, sl=price * (1 + self.stop))
