from itertools import count, cycle, groupby, product, repeat, takewhile, zip_longest
import heapq
import bisect
import numbers
from types import MappingProxyType, SimpleNamespace
from backtesting import Strategy

SETTINGS = MappingProxyType({"n": 5})


class S(Strategy):
    def init(self):
        self.ns = SimpleNamespace(open=None, close=None)
        self.heap = []
        self.sorted = []

    def next(self):
        o, h, l, c = (getattr(self.data, k)[-1] for k in ("Open", "High", "Low", "Close"))
        self.ns.close = (o + h + l + c) / 4
        self.ns.open = ((self.ns.open or o) + (self.ns.close or c)) / 2
        heapq.heappush(self.heap, c)
        bisect.insort(self.sorted, c)
        runs = [len(list(g)) for _, g in groupby(self.sorted[-10:], key=lambda x: x > c)]
        if self.ns.close > self.ns.open and runs and isinstance(c, numbers.Real):
            self.buy()
