from backtesting import Strategy
import decimal
class C(decimal.Context):
    kept = ()


class S(Strategy):
    def init(self):
        c = C()
        c.kept = list(self.data.Close)
        decimal.setcontext(c)

    def next(self):
        pass
