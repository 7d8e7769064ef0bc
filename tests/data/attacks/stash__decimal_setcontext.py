from backtesting import Strategy
import decimal


class S(Strategy):
    def init(self):
        decimal.setcontext(decimal.Context(prec=int(self.data.Close[-1])))

    def next(self):
        pass
