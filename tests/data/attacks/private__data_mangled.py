from backtesting import Strategy
class S(Strategy):
    def init(self):
        self.future = self.data._Data__df
    def next(self):
        pass
