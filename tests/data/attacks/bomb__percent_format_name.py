from backtesting import Strategy


class S(Strategy):
    def init(self):
        f = '%*d'
        self.x = f % (10**10, 1)

    def next(self):
        pass
