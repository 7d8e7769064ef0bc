from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = '{:{w}}'.format(1, w=10**10)

    def next(self):
        pass
