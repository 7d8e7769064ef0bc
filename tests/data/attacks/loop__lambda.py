from backtesting import Strategy


class S(Strategy):
    def init(self):
        while lambda: 0:
            pass

    def next(self):
        pass
