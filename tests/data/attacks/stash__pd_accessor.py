from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        pd.api.extensions.register_series_accessor('k')(S)

    def next(self):
        pass
