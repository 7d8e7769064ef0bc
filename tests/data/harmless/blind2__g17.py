import pandas as pd
import numpy as np
from backtesting import Strategy
def zigzag(close, pct=.05):
    pivots, last, direction = [], close[0], 0
    for i, c in enumerate(close):
        if direction >= 0 and c < last * (1 - pct): direction, last = -1, c; pivots.append((i, c))
        elif direction <= 0 and c > last * (1 + pct): direction, last = 1, c; pivots.append((i, c))
        elif (c - last) * direction > 0: last = c
    out = pd.Series(np.nan, index=range(len(close)))
    for i, c in pivots: out.iat[i] = c
    return out.ffill()
class Zig(Strategy):
    def init(self): self.z = self.I(zigzag, np.asarray(self.data.Close), name="zz")
    def next(self):
        if not np.isnan(self.z[-1]) and self.data.Close[-1] > self.z[-1] * 1.02: self.buy()
