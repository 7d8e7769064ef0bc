from backtesting import Strategy


class S(Strategy):
    def init(self):
        setattr(Strategy, 'kept', list(self.data.Close))

    def next(self):
        pass
