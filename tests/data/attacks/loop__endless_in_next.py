from backtesting import Strategy
class S(Strategy):
    def init(self):
        pass
    def next(self):
        while "forever":
            self.buy()
