import numpy as np
import pandas as pd
import talib
from backtesting import Strategy


class S(Strategy):
    n = 20

    def init(self):
        c = self.data.Close
        self.sma = self.I(lambda x, n: pd.Series(x).rolling(n).mean(), c, self.n, name="SMA", overlay=True)
        self.ema = self.I(lambda: pd.Series(c).ewm(span=self.n, adjust=False).mean().values)
        self.std = self.I(lambda x: pd.Series(x).rolling(self.n).std().to_numpy(), c, plot=False)
        self.macd, self.signal, self.hist = self.I(talib.MACD, c, 12, 26, 9)
        self.ret = self.I(lambda x: np.r_[np.nan, np.diff(np.log(x))], c)

    def next(self):
        if self.macd[-1] > self.signal[-1] and self.hist[-1] > 0 and c_above(self):
            self.buy()


def c_above(s):
    return s.data.Close[-1] > s.sma[-1]
