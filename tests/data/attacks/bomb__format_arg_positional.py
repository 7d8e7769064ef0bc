from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = '{:>{}}'.format(1, 10**10)

    def next(self):
        pass
