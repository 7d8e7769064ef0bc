from backtesting import Strategy
from functools import partial, partialmethod, reduce, cmp_to_key
import operator
compose = lambda *fs: reduce(lambda f, g: lambda x: f(g(x)), fs)
class S(Strategy):
    def scaled(self, x, k=1.0): return x * k
    double = partialmethod(scaled, k=2.0)
    def init(self):
        self.f = compose(partial(operator.mul, 2), partial(operator.add, 1))
        self.order = sorted([3, 1, 2], key=cmp_to_key(lambda a, b: (a > b) - (a < b)))
        self.get = operator.itemgetter("a", "b")
    def next(self):
        if self.double(self.f(1)) == 8.0 and sum(self.get({"a": 1, "b": 2})) == 3: self.buy()
