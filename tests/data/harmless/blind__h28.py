from backtesting import Strategy
def ensure(cond, msg="bad {}"):
    if not cond: raise ValueError(msg)
class S(Strategy):
    def init(self):
        ensure(self.data is not None, msg="no data")
        self.fmt = "{:>8.2f}|{:<8}"
        self.rows = [self.fmt.format(1.0, "x"), "{}".format(self.data.Close[-1]), "a{{}}b".format()]
        self.table = "\n".join("{:02d}: {name}".format(i, name=n) for i, n in enumerate("ab"))
    def next(self): self.buy()
