from backtesting import Strategy


class S(Strategy):
    def init(self):
        while self.x or 1:
            pass

    def next(self):
        pass
