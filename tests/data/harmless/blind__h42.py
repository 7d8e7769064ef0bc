from backtesting import Strategy
EPSILON = 1e-12; LARGE = 10**9; SECONDS = 60 * 60 * 24 * 365
TABLE = {n: 2 ** n for n in range(32)}
PAD = " " * 40 + "=" * 40
M = [[0] * 3] * 3
class S(Strategy):
    def init(self): self.big = 2 ** 64 - 1; self.bits = 1 << 12; self.s = (0,) * 100
    def next(self):
        while len(self.s) > 3: self.s = self.s[:-1]
        i = 0
        while True:
            try:
                i += 1
                if i > 3: raise StopIteration
            except StopIteration: break
        if self.big > LARGE: self.buy()
