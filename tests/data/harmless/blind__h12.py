from collections import deque
from backtesting import Strategy
class RollingMax:
    """Monotonic queue."""
    __slots__ = "n", "_q", "_i"
    def __init__(self, n): self.n, self._q, self._i = n, deque(), 0
    def push(self, x):
        while self._q and self._q[-1][1] <= x: self._q.pop()
        self._q.append((self._i, x)); self._i += 1
        while self._q[0][0] <= self._i - 1 - self.n: self._q.popleft()
        return self._q[0][1]
class S(Strategy):
    def init(self): self.m = RollingMax(20)
    def next(self):
        top = self.m.push(self.data.High[-1])
        if self.data.Close[-1] >= top: self.buy()
