from functools import partial, reduce
import operator as op
import numpy as np
from backtesting import Strategy


def ema(x, span):
    k = 2 / (span + 1)
    out = np.empty(len(x))
    out[0] = x[0]
    for i in range(1, len(x)):
        out[i] = k * x[i] + (1 - k) * out[i - 1]
    return out


class S(Strategy):
    def init(self):
        fast, slow = partial(ema, span=12), partial(ema, span=26)
        self.macd = self.I(lambda c: fast(c) - slow(c), self.data.Close)
        self.prod = reduce(op.mul, [1, 2, 3], 1)
        self.max = reduce(lambda a, b: a if a > b else b, [1, 2, 3])
        self.pipeline = [np.diff, np.sign, np.cumsum]
        self.table = {"mean": np.mean, "max": np.max}
        self.fn = np.median

    def next(self):
        x = np.asarray(self.data.Close)
        for step in self.pipeline:
            x = step(x)
        if self.table["mean"](x) > self.fn(x):
            self.buy()
