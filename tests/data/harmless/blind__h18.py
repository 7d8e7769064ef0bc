import numpy as np
from backtesting import Strategy
class Regression(Strategy):
    n = 30
    @staticmethod
    def fit(y):
        X = np.column_stack([np.ones(len(y)), np.arange(len(y))])
        beta, resid, rank, sv = np.linalg.lstsq(X, y, rcond=None)
        return beta, (resid[0] if resid.size else 0.0)
    def init(self):
        self.betas = self.I(self._betas, self.data.Close, plot=True)
    def _betas(self, c):
        out = np.full_like(c, np.nan, dtype=float)
        for i in range(self.n, len(c) + 1):
            out[i - 1] = self.fit(np.asarray(c[i - self.n:i]))[0][1]
        return out
    def next(self):
        if self.betas[-1] > 0: self.buy()
        else: self.position.close()
