from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = self.data.df.groupby('Close').apply('to_pickle')

    def next(self):
        pass
