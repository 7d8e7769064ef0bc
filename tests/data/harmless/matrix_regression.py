import numpy as np
from backtesting import Strategy


def slope(values, n=20):
    out = np.full(len(values), np.nan)
    x = np.vstack([np.arange(n), np.ones(n)]).T
    for i in range(n, len(values) + 1):
        out[i - 1] = np.linalg.lstsq(x, values[i - n : i], rcond=None)[0][0]
    return out


def kalman(z, q=1e-5, r=0.01):
    n = len(z)
    x, p = np.zeros(n), np.ones(n)
    for k in range(1, n):
        prior = p[k - 1] + q
        gain = prior / (prior + r)
        x[k] = x[k - 1] + gain * (z[k] - x[k - 1])
        p[k] = (1 - gain) * prior
    I = np.eye(2)
    return x + I[0, 0] * 0


class S(Strategy):
    def init(self):
        self.slope = self.I(slope, self.data.Close)
        self.k = self.I(kalman, self.data.Close)

    def next(self):
        if self.slope[-1] > 0:
            self.buy()
