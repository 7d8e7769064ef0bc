"""Buys new highs and follows them with a stop that only moves up."""

import talib
from backtesting import Strategy


class DonchianBreakout(Strategy):
    """Long on a close above the channel of the bars before; a trailing stop ends the trade.

    Attributes:
        channel: length of the channel in bars.
        range_length: length of the average true range in bars.
        distance: distance of the stop in average true ranges.
    """

    channel = 100
    range_length = 20
    distance = 6.0
    share = 0.95

    def init(self):
        self.top = self.I(talib.MAX, self.data.High, self.channel)
        self.range = self.I(
            talib.ATR, self.data.High, self.data.Low, self.data.Close, self.range_length
        )

    def next(self):
        price = self.data.Close[-1]
        stop = price - self.distance * self.range[-1]
        for trade in self.trades:
            trade.sl = max(trade.sl or 0.0, stop)
        if not self.position and price > self.top[-2]:
            self.buy(size=self.share, sl=stop)
