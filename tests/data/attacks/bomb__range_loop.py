from backtesting import Strategy


class S(Strategy):
    def init(self):
        for i in range(10**12):
            pass

    def next(self):
        pass
