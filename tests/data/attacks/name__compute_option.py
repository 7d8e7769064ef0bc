from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        pd.set_option('compute.use_numba', True)

    def next(self):
        pass
