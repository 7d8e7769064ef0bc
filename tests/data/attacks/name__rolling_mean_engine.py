from backtesting import Strategy
import pandas as pd


class S(Strategy):
    def init(self):
        self.x = pd.Series([1.0]).rolling(2).mean(engine='nu' + 'mba', engine_kwargs={'nopython': True})

    def next(self):
        pass
