from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        pd.Series([1.0]).agg('resize')

    def next(self):
        pass
