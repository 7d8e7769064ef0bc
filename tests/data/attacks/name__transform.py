from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = self.data.df.transform('to_csv')

    def next(self):
        pass
