from backtesting import Strategy


class S(Strategy):
    def init(self):
        w = 10**10
        self.x = '%*d' % (w, 1)

    def next(self):
        pass
