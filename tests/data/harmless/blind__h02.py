import pandas as pd, numpy as np
from backtesting import Strategy
pd.options.display.max_columns = None

def donchian(df: pd.DataFrame, n: int):
    hi = df.High.rolling(n).max().shift(1)
    lo = df.Low.rolling(n).min().shift(1)
    return hi.values, lo.values

class Donchian(Strategy):
    n = 20
    def init(self):
        self.hi, self.lo = self.I(donchian, self.data.df, self.n)
    def next(self):
        if self.data.Close[-1] > self.hi[-1]: self.buy()
        elif self.data.Close[-1] < self.lo[-1]: self.position.close()
