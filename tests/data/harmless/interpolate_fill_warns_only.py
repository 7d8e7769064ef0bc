import pandas as pd
import numpy as np
from backtesting import Strategy


class Leaky(Strategy):
    """Looks ahead; that is for the look-ahead check to say, not a danger."""

    entries = []

    def init(self):
        s = pd.Series(self.data.Close)
        self.a = s.shift(-1).bfill()
        self.b = s.rolling(5, center=True).mean()
        self.c = np.roll(self.data.Close, -1)
        self.d = np.random.rand()

    def next(self):
        print(self.d)
        if self.a.iloc[len(self.data) - 1] > self.data.Close[-1]:
            self.buy()
