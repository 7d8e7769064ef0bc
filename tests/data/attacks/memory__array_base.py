from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.future = self.data.Close.base

    def next(self):
        pass
