from backtesting import Strategy


class S(Strategy):
    def init(self):
        type(self).__mro__[1].kept = list(self.data.Close)

    def next(self):
        pass
