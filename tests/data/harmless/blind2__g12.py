import numpy as np
from backtesting import Strategy
class Wavelet(Strategy):
    def haar(self, x):
        x = np.asarray(x, dtype=np.float64)
        x = x[: len(x) // 2 * 2].reshape(-1, 2)
        return x.mean(axis=1), (x[:, 0] - x[:, 1]) / 2
    def init(self):
        self.rng = np.random.Generator(np.random.PCG64(3))
        self.kernel = np.exp(-0.5 * np.linspace(-2, 2, 9) ** 2); self.kernel /= self.kernel.sum()
        self.smooth = self.I(lambda c: np.convolve(c, self.kernel, "same"), self.data.Close)
    def next(self):
        approx, detail = self.haar(self.data.Close[-16:])
        energy = np.einsum("i,i->", detail, detail) if detail.size else 0.0
        if energy < 1e3 and approx.size and self.data.Close[-1] > approx[-1]: self.buy(size=.1)
