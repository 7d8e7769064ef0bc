from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        e = 'numba'
        pd.DataFrame({'a': [1.0]}).apply(sum, engine=e)

    def next(self):
        pass
