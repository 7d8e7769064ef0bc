from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = int('9' * 10**8)

    def next(self):
        pass
