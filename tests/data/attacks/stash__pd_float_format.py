from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        pd.set_option('display.float_format', lambda x, k=list(self.data.Close): str(k))

    def next(self):
        pass
