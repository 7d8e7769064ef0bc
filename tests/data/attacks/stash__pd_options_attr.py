from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        pd.options.display.width = int(self.data.Close[-1] * 1e6)

    def next(self):
        pass
