from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = '%(a)99999999d' % {'a': 1}

    def next(self):
        pass
