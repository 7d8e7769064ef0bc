import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from backtesting import Strategy


def slope(x: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    out = np.full(len(x), np.nan)
    if len(x) < n:
        return out
    windows = sliding_window_view(np.asarray(x, dtype=float), n)
    t = np.arange(n) - (n - 1) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        out[n - 1:] = windows @ t / (t @ t)
    return np.nan_to_num(out, nan=0.0, posinf=0.0)


def kalman(x, q=1e-5, r=0.01):
    xhat, p = np.zeros_like(x, dtype=np.float64), np.ones(len(x))
    for k in range(1, len(x)):
        prior = p[k - 1] + q
        gain = prior / (prior + r)
        xhat[k] = xhat[k - 1] + gain * (x[k] - xhat[k - 1])
        p[k] = (1 - gain) * prior
    return xhat


class S(Strategy):
    def init(self):
        self.slope = self.I(slope, self.data.Close, 20)
        self.smooth = self.I(kalman, self.data.Close)
        self.eig = np.linalg.eigvalsh(np.cov(np.random.default_rng(7).normal(size=(3, 50))))
        self.fft = np.abs(np.fft.rfft(self.data.Close))[:5]
        self.fit = np.polynomial.Polynomial.fit([0, 1, 2], [0, 1, 4], deg=2).coef
        self.mask = np.where(np.isfinite(self.slope), self.slope, 0)

    def next(self):
        if np.sign(self.slope[-1]) > 0 and np.all(np.diff(self.smooth[-3:]) > 0):
            self.buy()
