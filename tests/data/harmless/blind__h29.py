from backtesting import Strategy
class Chain:
    def __init__(self, *fs): self.fs = fs
    def __call__(self, x):
        for f in self.fs: x = f(x)
        return x
    def __or__(self, other): return Chain(*self.fs, other)
class S(Strategy):
    def init(self): self.pipe = Chain(float) | abs | (lambda v: v ** .5) | round
    def next(self):
        if self.pipe(self.data.Close[-1]) > 3: self.buy()
