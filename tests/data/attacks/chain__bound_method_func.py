from backtesting import Strategy
class S(Strategy):
    def init(self):
        self.buy.__func__.__globals__
    def next(self):
        pass
