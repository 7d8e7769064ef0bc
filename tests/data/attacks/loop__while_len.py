from backtesting import Strategy


class S(Strategy):
    def init(self):
        while len('ab'):
            pass

    def next(self):
        pass
