from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = '{a:9999999999}'.format_map({'a': 1})

    def next(self):
        pass
