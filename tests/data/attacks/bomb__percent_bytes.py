from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = b'%*d' % (10**10, 1)

    def next(self):
        pass
