import heapq
from bisect import bisect_left, insort
from backtesting import Strategy
class Median:
    def __init__(self): self.lo, self.hi = [], []
    def add(self, x):
        heapq.heappush(self.hi, -heapq.heappushpop(self.lo, -x))
        if len(self.hi) > len(self.lo): heapq.heappush(self.lo, -heapq.heappop(self.hi))
    @property
    def value(self): return -self.lo[0] if len(self.lo) > len(self.hi) else (self.hi[0] - self.lo[0]) / 2
class S(Strategy):
    def init(self): self.m, self.sorted = Median(), []
    def next(self):
        self.m.add(self.data.Close[-1]); insort(self.sorted, self.data.Close[-1])
        rank = bisect_left(self.sorted, self.data.Close[-1]) / len(self.sorted)
        if rank < .1 and self.m.value > self.data.Close[-1]: self.buy()
