from backtesting import Strategy


class S(Strategy):
    def init(self):
        n = 10**9
        self.x = 1 << n

    def next(self):
        pass
