from backtesting import Strategy
class S(Strategy):
    def init(self):
        self.I(lambda: __import__("os").getcwd())
    def next(self): pass
