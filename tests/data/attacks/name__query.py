from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        self.x = self.data.df.query('Close > 1')

    def next(self):
        pass
