import math
from backtesting import Strategy

EPS = 1e-9
BIG = 10 ** 6
MASK = 1 << 20
WEEK = 7 * 24 * 60 * 60
ZEROS = [0.0] * 500
LINE = "-" * 80
GRID = [[None] * 10 for _ in range(10)]
BYTES = b"\x00" * 16
NEG = -2 ** 31
HALF = 2 ** -1


class S(Strategy):
    def init(self):
        self.acc = ZEROS * 2

    def next(self):
        n = len(self.data)
        x = (n ** 2) % BIG ** 2
        if math.isclose(x, n * n % MASK, rel_tol=EPS) and x << 3 > WEEK:
            self.buy()
