from backtesting import Strategy


class S(Strategy):
    def init(self):
        while not None:
            pass

    def next(self):
        pass
