import numpy as np
from backtesting import Strategy
from numpy.ma import masked_invalid
from numpy.fft import fft, ifft
from numpy.polynomial import Polynomial as P
class Fourier(Strategy):
    keep = 5
    def smooth(self, x):
        x = np.asarray(x, float)
        f = fft(x); f[self.keep:-self.keep] = 0
        return ifft(f).real
    def init(self):
        self.s = self.I(self.smooth, self.data.Close)
        self.poly = P.fit(range(5), [1, 2, 3, 4, 5], 2)(6)
        self.m = masked_invalid([1.0, np.nan]).mean()
    def next(self):
        if self.s[-1] > self.s[-2]: self.buy()
