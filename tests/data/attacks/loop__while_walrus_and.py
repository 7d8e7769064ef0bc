from backtesting import Strategy


class S(Strategy):
    def init(self):
        while (x := 1) and (y := 2):
            pass

    def next(self):
        pass
