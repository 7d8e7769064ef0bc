import numpy as np
from backtesting import Strategy
class Perceptron:
    def __init__(self, n, lr=0.1, seed=0):
        rng = np.random.RandomState(seed)
        self.w = rng.randn(n); self.b = 0.0; self.lr = lr
    def predict(self, X): return np.where(X @ self.w + self.b > 0, 1, -1)
    def fit(self, X, y, epochs=5):
        for _ in range(epochs):
            for xi, yi in zip(X, y):
                u = self.lr * (yi - self.predict(xi)); self.w += u * xi; self.b += u
        return self
    def eval(self, X, y): return float((self.predict(X) == y).mean())
class S(Strategy):
    def init(self): self.model = Perceptron(3)
    def features(self):
        c = np.asarray(self.data.Close); r = np.diff(c) / c[:-1]
        X = np.lib.stride_tricks.sliding_window_view(r, 3)[:-1]
        return X, np.sign(r[3:])
    def next(self):
        if len(self.data) % 50 == 0 and len(self.data) > 100:
            X, y = self.features(); self.model.fit(X, y)
            if self.model.eval(X, y) > .5 and self.model.predict(X[-1:])[0] > 0: self.buy()
