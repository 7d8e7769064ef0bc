from backtesting import Strategy


class S(Strategy):
    def init(self):
        super().__thisclass__.kept = list(self.data.Close)

    def next(self):
        pass
