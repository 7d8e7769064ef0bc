import math
from fractions import Fraction

import numpy as np
from backtesting import Strategy

YEAR = 252
BIG = 10 ** 9
BITS = 1 << 20
MILLION = 10 ** 6


class S(Strategy):
    def init(self):
        self.volume = self.data.Volume * MILLION
        self.value = BIG * 3 + math.comb(52, 5) + math.factorial(20) + math.perm(10, 3)
        self.pow = pow(2, 64) + 2 ** 100
        self.table = [0.0] * YEAR
        self.rows = [[0] * 10 for _ in range(1000)]
        self.text = "ab" * 10
        for i in range(BITS):
            if i > 10:
                break

    def next(self):
        self.value *= 2
        total = 1
        for i in range(1, 10):
            total *= i
        x = 5
        x **= 2
        if float(Fraction(1, 3)) < total and np.exp(1) > 2:
            self.buy()
