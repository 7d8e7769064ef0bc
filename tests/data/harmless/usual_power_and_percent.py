import numpy as np
from backtesting import Strategy

N = 20
ALPHA = 2 / (N + 1)


class S(Strategy):
    n = 5
    decay = 0.94

    def init(self):
        weights = ALPHA ** np.arange(N)
        w = self.decay ** self.n
        self.w = weights[::-1] / weights.sum() + w
        self.bits = 1 << self.n
        self.parts = list("abc") * 3 + tuple([0]) * self.n if False else []
        self.rows = [list(range(3))] * N
        self.message = "%s: %s" % ("a", "b")
        self.pairs = [(a, b) for a in range(10) for b in range(a)]

    def next(self):
        c = self.data.Close
        var = ((c[-1] - c[-2]) / c[-2]) ** 2
        vol = np.sqrt(var * 252) ** 0.5
        if len(self.data) % N == 0:
            print("%5d %s" % (len(self.data), vol))
        if vol < 0.3 and not self.position:
            self.buy(size=int(self.equity // c[-1]))
