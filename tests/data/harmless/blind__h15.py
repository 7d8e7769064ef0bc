from decimal import Decimal as D, localcontext, InvalidOperation
from fractions import Fraction as F
from backtesting import Strategy
class S(Strategy):
    tick = D("0.05")
    def round_tick(self, x):
        with localcontext() as ctx:
            ctx.prec = 12
            try: return float((D(str(x)) / self.tick).to_integral_value() * self.tick)
            except InvalidOperation: return x
    def init(self): self.r = F(1, 3)
    def next(self):
        p = self.data.Close[-1]
        self.buy(limit=self.round_tick(p * (1 - float(self.r) / 100)), size=0.1)
