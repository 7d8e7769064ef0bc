from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = list(range(10**12))

    def next(self):
        pass
