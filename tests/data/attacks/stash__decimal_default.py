from backtesting import Strategy
import decimal


class S(Strategy):
    def init(self):
        decimal.DefaultContext.prec = int(self.data.Close[-1])

    def next(self):
        pass
