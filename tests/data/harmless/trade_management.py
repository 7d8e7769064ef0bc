from backtesting import Strategy


class S(Strategy):
    trail = 0.05

    def init(self):
        pass

    def next(self):
        price = self.data.Close[-1]
        for trade in self.trades:
            if trade.is_long:
                trade.sl = max(trade.sl or -float("inf"), price * (1 - self.trail))
            else:
                trade.sl = min(trade.sl or float("inf"), price * (1 + self.trail))
            if trade.pl_pct > 0.2:
                trade.close(portion=0.5)
        for order in self.orders:
            if not order.is_contingent:
                order.cancel()
        if not self.position and self.closed_trades and self.closed_trades[-1].pl < 0:
            self.buy(limit=price * 0.99, sl=price * 0.9, tp=price * 1.2, tag="re-entry")
        elif self.equity > 0 and not self.position:
            self.sell(stop=price * 0.95, size=10)
