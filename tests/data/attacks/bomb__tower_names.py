from backtesting import Strategy


class S(Strategy):
    def init(self):
        n = 9
        self.x = n ** n ** n

    def next(self):
        pass
