from backtesting import Strategy
import sys


class S(Strategy):
    def init(self):
        sys.kept = 1

    def next(self):
        pass
