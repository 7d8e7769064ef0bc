from backtesting import Strategy


class S(Strategy):
    def init(self):
        while (x := 1) == 1:
            pass

    def next(self):
        pass
