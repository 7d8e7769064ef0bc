from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = '%.99999999f' % 1.0

    def next(self):
        pass
