from backtesting import Strategy


class S(Strategy):
    def init(self):
        type(self._broker).kept = list(self.data.Close)

    def next(self):
        pass
