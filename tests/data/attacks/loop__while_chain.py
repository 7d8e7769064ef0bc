from backtesting import Strategy


class S(Strategy):
    def init(self):
        while 0 < 1 < 2:
            pass

    def next(self):
        pass
