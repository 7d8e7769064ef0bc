import numpy as np
from backtesting import Strategy


def shift(a, n):
    out = np.empty_like(a)
    out[:n] = np.nan
    out[n:] = a[:-n]
    return out


def rolling(a, n):
    base = np.asarray(a, dtype=float)
    view = np.lib.stride_tricks.sliding_window_view(base, n)
    return np.concatenate([np.full(n - 1, np.nan), view.max(axis=1)])


class Ring:
    def __init__(self, size):
        self.buffer = np.zeros(size)
        self.size = size
        self.at = 0

    def put(self, x):
        self.buffer[self.at % self.size] = x
        self.at += 1

    def resize(self, size):
        self.buffer = np.resize(self.buffer, size)
        self.size = size


class S(Strategy):
    def init(self):
        self.ring = Ring(10)
        self.ring.resize(20)
        self.hh = self.I(rolling, self.data.High, 20)
        dtype = np.dtype([("t", "f8"), ("p", "f8")])
        self.log = np.zeros(5, dtype=dtype)
        self.log["p"][0] = 1.0
        a, b = np.ones(3), np.tile([1, 2], 3)
        np.put(a, [0], 5)
        np.copyto(a, b[:3])

    def next(self):
        self.ring.put(self.data.Close[-1])
        if self.data.Close[-1] >= self.hh[-1]:
            self.buy()
