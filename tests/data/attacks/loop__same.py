from backtesting import Strategy


class S(Strategy):
    def init(self):
        x = 1
        while x == x:
            pass

    def next(self):
        pass
