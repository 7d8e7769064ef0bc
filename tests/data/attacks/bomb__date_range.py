from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        self.x = pd.date_range('2000', periods=10**10, freq='ns')

    def next(self):
        pass
