from backtesting import Strategy
from backtesting.lib import TrailingStrategy, crossover


class S(TrailingStrategy):
    n1 = 10

    def init(self):
        super().init()
        self.set_atr_periods(14)
        self.set_trailing_sl(3)
        self.last = {}

    def next(self):
        super().next()
        for trade in self.trades:
            self.last[trade.entry_bar] = trade.pl_pct
            if trade.is_long and trade.pl_pct > 0.1:
                trade.sl = trade.entry_price
            if trade.tag == "half":
                trade.close(0.5)
        for order in self.orders:
            if order.is_contingent:
                continue
            order.cancel()
        if not self.position:
            self.buy(tag="half", limit=self.data.Close[-1] * 0.99)
