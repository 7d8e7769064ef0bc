import time
from time import perf_counter
from backtesting import Strategy


class S(Strategy):
    def init(self):
        t0 = time.perf_counter()
        self.ma = self.data.Close
        self.took = perf_counter() - t0

    def next(self):
        self.buy()
