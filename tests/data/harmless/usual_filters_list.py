from backtesting import Strategy


class TrendFilter:
    def __init__(self, n):
        self.n = n

    def ok(self, data):
        return len(data) > self.n and data.Close[-1] > data.Close[-self.n]


class S(Strategy):
    def init(self):
        self.filters = [TrendFilter(10), TrendFilter(50)]
        self.handlers = {"long": self.go}
        self.flags = {"armed": False}
        self.engine = "simple"

    def go(self):
        self.buy(size=0.3)

    def next(self):
        self.flags["armed"] = all(f.ok(self.data) for f in self.filters)
        while self.flags["armed"]:
            self.handlers["long"]()
            self.flags["armed"] = False
        running = self.position.size == 0
        while running and len(self.filters) > 5:
            self.filters.pop()
