import numpy as np
import pandas as pd
from backtesting import Strategy


def supertrend(high, low, close, n=10, k=3.0):
    h, l, c = (pd.Series(x) for x in (high, low, close))
    tr = pd.concat([h - l, (h - c.shift()).abs(), (l - c.shift(1)).abs()], axis=1).max(axis=1)
    atr = tr.ewm(alpha=1 / n, min_periods=n).mean()
    mid = (h + l) / 2
    upper, lower = mid + k * atr, mid - k * atr
    trend = np.ones(len(c), dtype=int)
    for i in range(1, len(c)):
        if c.iat[i] > upper.iat[i - 1]:
            trend[i] = 1
        elif c.iat[i] < lower.iat[i - 1]:
            trend[i] = -1
        else:
            trend[i] = trend[i - 1]
    return trend


class SuperTrend(Strategy):
    n = 10
    k = 3.0

    def init(self):
        self.trend = self.I(supertrend, self.data.High, self.data.Low, self.data.Close, self.n, self.k)

    def next(self):
        if self.trend[-1] == 1 and not self.position.is_long:
            self.position.close()
            self.buy()
        elif self.trend[-1] == -1 and not self.position.is_short:
            self.position.close()
            self.sell()
