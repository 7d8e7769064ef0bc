from backtesting import Strategy


class S(Strategy):
    def init(self):
        type(self).__bases__[0].kept = list(self.data.Close)

    def next(self):
        pass
