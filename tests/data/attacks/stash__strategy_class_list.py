from backtesting import Strategy


class S(Strategy):
    def init(self):
        Strategy.__init__.kept = list(self.data.Close)

    def next(self):
        pass
