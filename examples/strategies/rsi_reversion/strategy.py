"""Buys short dips in a rising market, and sells the recovery."""

import talib
from backtesting import Strategy


class RsiReversion(Strategy):
    """Long when the short RSI is low while the price is above its long average.

    Attributes:
        length: length of the RSI in bars.
        low, high: RSI values to enter below and to leave above.
        trend: length of the average that says what a rising market is.
        patience: bars after which a trade is closed in any case.
    """

    length = 3
    low = 20
    high = 65
    trend = 150
    patience = 15
    share = 0.95

    def init(self):
        self.rsi = self.I(talib.RSI, self.data.Close, self.length)
        self.average = self.I(talib.SMA, self.data.Close, self.trend)

    def next(self):
        if not self.position:
            if self.rsi[-1] < self.low and self.data.Close[-1] > self.average[-1]:
                self.buy(size=self.share)
            return
        age = len(self.data) - 1 - self.trades[0].entry_bar
        if self.rsi[-1] > self.high or age >= self.patience:
            self.position.close()
