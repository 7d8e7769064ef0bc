from backtesting import Strategy
import numpy as np

def EMA(values, n):
    """Return exponential moving average of `values`, at each step taking into account `n` previous values."""
    alpha = 2 / (n + 1)
    ema = np.zeros_like(values, dtype=float)
    ema[0] = values[0]
    for i, v in enumerate(values[1:], start=1):
        ema[i] = alpha * v + (1 - alpha) * ema[i - 1]
    return ema

def BB(values, n, k):
    ma = np.convolve(values, np.ones(n) / n, mode="full")[: len(values)]
    sd = np.array([np.std(values[max(0, i - n + 1): i + 1]) for i in range(len(values))])
    return np.vstack([ma - k * sd, ma, ma + k * sd])

class Multi(Strategy):
    def init(self):
        self.ema = {n: self.I(EMA, self.data.Close, n) for n in (10, 20, 50)}
        self.bb = self.I(BB, self.data.Close, 20, 2)
    def next(self):
        e10, e20, e50 = (self.ema[n][-1] for n in (10, 20, 50))
        lower, mid, upper = self.bb[:, -1]
        trend = "up" if e10 > e20 > e50 else "down" if e10 < e20 < e50 else "flat"
        if trend == "up" and self.data.Close[-1] < mid:
            self.buy()
        elif trend == "down" and self.position:
            self.position.close()
