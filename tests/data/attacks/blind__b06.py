from backtesting import Strategy
class S(Strategy):
    def init(self):
        self.I(eval, "1")
    def next(self): pass
