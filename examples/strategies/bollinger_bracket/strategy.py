"""Buys below the lower Bollinger band; stop-loss and take-profit are set with the order."""

import talib
from backtesting import Strategy


class BollingerBracket(Strategy):
    """One long trade at a time, bracketed at entry.

    Attributes:
        length: length of the bands in bars; width: their distance in standard deviations.
        trend: length of the average below which nothing is bought.
        stop, target: distance of stop-loss and take-profit from the close, as fractions.
    """

    length = 20
    width = 1.5
    trend = 200
    stop = 0.08
    target = 0.06
    share = 0.95

    def init(self):
        self.upper, self.middle, self.lower = self.I(
            talib.BBANDS, self.data.Close, self.length, self.width, self.width
        )
        self.average = self.I(talib.SMA, self.data.Close, self.trend)

    def next(self):
        price = self.data.Close[-1]
        if self.position or price < self.average[-1]:
            return
        if price < self.lower[-1]:
            self.buy(size=self.share, sl=price * (1 - self.stop), tp=price * (1 + self.target))
