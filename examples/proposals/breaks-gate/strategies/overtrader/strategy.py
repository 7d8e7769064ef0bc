"""Wrong on purpose: sound code, and a risk that no policy would accept."""

from backtesting import Strategy


class Overtrader(Strategy):
    def init(self):
        pass

    def next(self):
        if self.data.Close[-1] > self.data.Close[-2]:
            if not self.position.is_long:
                self.position.close()
                self.buy(size=0.95)
        elif not self.position.is_short:
            self.position.close()
            self.sell(size=0.95)
