from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.x = self.data.df.rolling(3, method='table').apply(max, engine='numba', raw=True)

    def next(self):
        pass
