from backtesting import Strategy


class S(Strategy):
    go = True

    def init(self):
        while self.go:
            self.x = 1

    def next(self):
        pass
