from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = format(1, '>9999999999')

    def next(self):
        pass
