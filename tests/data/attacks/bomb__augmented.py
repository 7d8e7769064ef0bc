from backtesting import Strategy


class S(Strategy):
    def init(self):
        x = [0]
        x *= 10**10
        self.x = x

    def next(self):
        pass
