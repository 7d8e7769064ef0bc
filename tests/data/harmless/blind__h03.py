from backtesting import Strategy
class Grid(Strategy):
    levels = 5
    step = .01
    def init(self):
        self._grid = {}
        self._open_orders = set()
    def _rebuild(self, mid):
        self._grid = {i: mid * (1 + i * self.step) for i in range(-self.levels, self.levels + 1) if i}
    def next(self):
        price = self.data.Close[-1]
        if not self._grid or abs(price / self._grid[1] - 1) > .1:
            for order in self.orders: order.cancel()
            self._rebuild(price)
            for i, level in self._grid.items():
                (self.buy if i < 0 else self.sell)(size=.05, limit=level, tag=f"grid:{i}")
