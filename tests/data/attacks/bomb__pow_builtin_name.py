from backtesting import Strategy


class S(Strategy):
    def init(self):
        n = 10**9
        self.x = pow(7, n)

    def next(self):
        pass
