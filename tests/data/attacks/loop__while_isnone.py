from backtesting import Strategy


class S(Strategy):
    def init(self):
        while None is None:
            pass

    def next(self):
        pass
