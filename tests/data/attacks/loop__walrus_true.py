from backtesting import Strategy


class S(Strategy):
    def init(self):
        while (x := True):
            x = 1

    def next(self):
        pass
