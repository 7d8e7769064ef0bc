from backtesting import Strategy


class S(Strategy):
    def init(self):
        go = True
        while go:
            pass

    def next(self):
        pass
