from backtesting import Strategy
class S(Strategy):
    how = "mean"
    def init(self):
        self.how = "to_" + str("pickle")
        self.data.df.agg(self.how, path="/tmp/x")
    def next(self):
        pass
