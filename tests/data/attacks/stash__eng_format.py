from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        pd.set_eng_float_format(accuracy=int(self.data.Close[-1]))

    def next(self):
        pass
