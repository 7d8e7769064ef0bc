from backtesting import Strategy


class S(Strategy):
    def init(self):
        x = 'a'
        x *= 10**10

    def next(self):
        pass
