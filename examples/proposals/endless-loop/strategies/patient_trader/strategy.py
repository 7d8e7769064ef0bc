"""Wrong on purpose: loops for ever in next()."""

from backtesting import Strategy


class PatientTrader(Strategy):
    def init(self):
        pass

    def next(self):
        while self.data.Close[-1] > 0:
            pass
        self.buy()
