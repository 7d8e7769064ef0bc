from backtesting import Strategy


class S(Strategy):
    def init(self):
        n = 1 << 40
        self.x = bytes(n)

    def next(self):
        pass
