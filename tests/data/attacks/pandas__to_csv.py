from backtesting import Strategy
class S(Strategy):
    def init(self):
        self.data.df.to_csv("/tmp/x")
    def next(self):
        pass
