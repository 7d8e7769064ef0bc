from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = ''.join(['ab'] * 10**9)

    def next(self):
        pass
