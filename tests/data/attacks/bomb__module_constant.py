from backtesting import Strategy
N = 10**10


class S(Strategy):
    def init(self):
        self.x = bytearray(N)

    def next(self):
        pass
