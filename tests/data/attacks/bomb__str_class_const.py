from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = ('a' * 1000) * 10**7

    def next(self):
        pass
