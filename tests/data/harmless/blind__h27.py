import numpy as np
import pandas as pd
from backtesting import Strategy
def hurst(ts):
    lags = range(2, 20)
    tau = [np.std(np.subtract(ts[lag:], ts[:-lag])) for lag in lags]
    return np.polyfit(np.log(lags), np.log(tau), 1)[0] * 2.0
def fractal(s: pd.Series, n=2):
    cond = np.logical_and.reduce([s > s.shift(k) for k in range(1, n + 1)])
    return s.where(cond).ffill().to_numpy()
class S(Strategy):
    def init(self): self.fr = self.I(lambda x: fractal(pd.Series(x)), self.data.High)
    def next(self):
        if len(self.data) > 100 and hurst(np.array(self.data.Close[-100:])) > .5 and self.data.Close[-1] > self.fr[-1]: self.buy()
