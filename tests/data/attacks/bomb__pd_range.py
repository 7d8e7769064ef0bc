from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        self.x = pd.Series(0, index=range(10**10))

    def next(self):
        pass
