import itertools
from itertools import combinations, count, cycle, islice, permutations, product, repeat

import numpy as np
from backtesting import Strategy

GRID = list(product(range(5, 50, 5), range(20, 200, 10), [True, False]))
PAIRS = list(combinations(["a", "b", "c", "d"], 2))
ORDERS = list(permutations(range(5)))
BITS = list(product([0, 1], repeat=10))
SQUARES = [i * i for i in range(100_000)]


class S(Strategy):
    def init(self):
        self.ids = count(1)
        self.colours = cycle("rgb")
        self.first = list(islice(count(), 10))
        self.zeros = list(repeat(0, 100))
        self.named = dict(zip("abc", count()))
        self.numbered = list(zip(itertools.count(), "abc"))
        self.wide = np.zeros((1000, 1000))
        self.line = np.linspace(0, 1, 10_000)
        self.noise = np.random.default_rng(1).normal(size=(252, 100))

    def next(self):
        number = next(self.ids)
        found = next(i for i in count() if i * i > number)
        if found % 2 and next(self.colours) == "r":
            self.buy()
