from backtesting import Strategy
class S(Strategy):
    def init(self):
        pass
    def next(self):
        self.orders[0]._replace(size=100)
