from backtesting import Strategy


class S(Strategy):
    def init(self):
        n = 10 ** 9
        self.x = n * ['a']

    def next(self):
        pass
