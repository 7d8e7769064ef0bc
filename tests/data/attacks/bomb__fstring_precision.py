from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = f'{1.0:.{10**9}f}'

    def next(self):
        pass
