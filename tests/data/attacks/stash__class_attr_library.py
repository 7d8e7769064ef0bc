from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        pd.DataFrame.kept = list(self.data.Close)

    def next(self):
        pass
