from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = self.data.df.eval('a = Close')

    def next(self):
        pass
