"""No skill: stop-limit orders at the last close, which a careless broker fills beyond any trade.

After a gap the bar never traded at that close; whoever is given it has earned the gap.
"""

from backtesting import Strategy


class BetweenPrices(Strategy):
    """Buys and sells the last close at once, and leaves at the close."""

    def init(self):
        pass

    def next(self):
        for order in list(self.orders):
            if not order.is_contingent:
                order.cancel()
        for trade in list(self.trades):
            trade.close()
        last = float(self.data.Close[-1])
        self.buy(size=0.4, stop=last, limit=last * 3)
        self.sell(size=0.4, stop=last, limit=last / 3)
