from backtesting import Strategy


class S(Strategy):
    def init(self):
        while 1 if self.x else 2:
            pass

    def next(self):
        pass
