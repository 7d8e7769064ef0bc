from backtesting import Strategy


class S(Strategy):
    def init(self):
        a = 10
        b = 10**9
        self.x = a ** b

    def next(self):
        pass
