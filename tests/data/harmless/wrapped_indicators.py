from functools import partial, wraps

import numpy as np
import pandas as pd
from backtesting import Strategy


def named(name):
    def decorate(function):
        @wraps(function)
        def inner(*args, **kwargs):
            inner.calls += 1
            return function(*args, **kwargs)

        inner.calls = 0
        inner.__name__ = name
        return inner

    return decorate


@named("EMA")
def ema(values, n):
    return pd.Series(values).ewm(span=n, adjust=False).mean()


fast = partial(ema, n=10)
fast.__name__ = "fast"
rsi = lambda c, n=14: pd.Series(c).diff().clip(lower=0).rolling(n).mean()
rsi.__name__ = "RSI"
ema.description = "exponential"


class S(Strategy):
    def init(self):
        self.fast = self.I(fast, self.data.Close)
        self.slow = self.I(ema, self.data.Close, 30)
        self.vector = np.vectorize(lambda x: max(x, 0))

    def next(self):
        if self.fast[-1] > self.slow[-1]:
            self.buy()
