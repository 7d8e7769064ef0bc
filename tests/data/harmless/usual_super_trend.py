import numpy as np
import pandas as pd
import talib
from backtesting import Strategy


def supertrend(high, low, close, period=10, multiplier=3):
    hl2 = (high + low) / 2
    atr = talib.ATR(high, low, close, timeperiod=period)
    upper, lower = hl2 + multiplier * atr, hl2 - multiplier * atr
    trend = np.zeros_like(close)
    trend[0] = 1
    for i in range(1, len(close)):
        if close[i] > upper[i - 1]:
            trend[i] = 1
        elif close[i] < lower[i - 1]:
            trend[i] = -1
        else:
            trend[i] = trend[i - 1]
            if trend[i] == 1 and lower[i] < lower[i - 1]:
                lower[i] = lower[i - 1]
            if trend[i] == -1 and upper[i] > upper[i - 1]:
                upper[i] = upper[i - 1]
    return trend


def vwap(df):
    tp = (df.High + df.Low + df.Close) / 3
    frame = pd.DataFrame({"pv": tp * df.Volume, "v": df.Volume})
    frame.index = df.index
    frame["x"] = frame.pv.cumsum() / frame.v.cumsum()
    frame.loc[frame.v == 0, "x"] = np.nan
    return frame.x.ffill()


class S(Strategy):
    def init(self):
        self.st = self.I(supertrend, self.data.High, self.data.Low, self.data.Close)
        self.vwap = self.I(vwap, self.data.df, plot=True)

    def next(self):
        if self.st[-1] == 1 and self.data.Close[-1] > self.vwap[-1]:
            if not self.position.is_long:
                self.position.close()
                self.buy(size=.95)
        elif self.st[-1] == -1:
            self.position.close()
