from backtesting import Strategy


class S(Strategy):
    def init(self):
        for _ in iter(int, 1):
            pass

    def next(self):
        pass
