from decimal import ROUND_DOWN, Context, Decimal, getcontext, localcontext, setcontext

from backtesting import Strategy

PLACES = 28
getcontext().prec = PLACES
getcontext().rounding = ROUND_DOWN


class S(Strategy):
    def init(self):
        setcontext(Context(prec=30))

    def next(self):
        with localcontext() as ctx:
            ctx.prec = 10
            price = Decimal(str(self.data.Close[-1])) / 3
        if price > 0:
            self.buy(tp=float(price) * 6)
