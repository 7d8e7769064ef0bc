from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = self.data.df.agg(Close=('Close', 'to_pickle'))

    def next(self):
        pass
