from backtesting import Strategy


class S(Strategy):
    def init(self):
        k = type(self.position)
        k.kept = list(self.data.Close)

    def next(self):
        pass
