from backtesting import Strategy
import itertools


class S(Strategy):
    def init(self):
        for x in itertools.product(range(100), repeat=9):
            pass

    def next(self):
        pass
