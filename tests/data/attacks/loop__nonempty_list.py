from backtesting import Strategy


class S(Strategy):
    def init(self):
        while [0]:
            pass

    def next(self):
        pass
