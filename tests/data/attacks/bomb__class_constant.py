from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = [0] * self.n_bars if False else [0] * 99999999999

    def next(self):
        pass
