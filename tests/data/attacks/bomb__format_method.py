from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = '{:>9999999999}'.format(1)

    def next(self):
        pass
