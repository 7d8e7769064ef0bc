from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = list(iter(int, 1))

    def next(self):
        pass
