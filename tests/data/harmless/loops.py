from collections import deque

from backtesting import Strategy


class S(Strategy):
    def init(self):
        self.queue = deque([1])
        self.levels = []

    def search(self, limit):
        low, high = 0.0, limit
        while high - low > 1e-3:
            mid = (low + high) / 2
            if mid > 1:
                high = mid
            else:
                low = mid
        return low

    def pick(self):
        found = False
        i = 0
        while not found:
            i += 1
            found = i > 3
        running = True
        while running:
            i -= 1
            if i <= 0:
                running = False
        while True:
            i += 1
            if i > 5:
                break
        while (n := len(self.levels)) > 3:
            self.levels.pop()
        while self.queue:
            x = self.queue.popleft()
            if x < 3:
                self.queue.append(x + 1)
        nodes = [1]
        for node in nodes:
            if node < 5:
                nodes.append(node + 1)
        return n

    def next(self):
        self.pick()
        if self.search(10) > 0:
            self.buy()
