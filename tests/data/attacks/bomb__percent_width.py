from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = '%99999999d' % 1

    def next(self):
        pass
