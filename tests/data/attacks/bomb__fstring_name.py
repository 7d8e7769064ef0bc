from backtesting import Strategy


class S(Strategy):
    def init(self):
        n = 10**10
        self.x = f'{1:>{n}}'

    def next(self):
        pass
