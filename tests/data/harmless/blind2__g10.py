from backtesting import Strategy
from backtesting.lib import crossover
import talib as ta
import itertools as it
class Sweep(Strategy):
    def init(self):
        for fast, slow in it.product((5, 10), (20, 50)):
            setattr(self, f"fast_{fast}", self.I(ta.EMA, self.data.Close, fast))
            setattr(self, f"slow_{slow}", self.I(ta.EMA, self.data.Close, slow))
        self.pairs = list(it.combinations(["fast_5", "fast_10", "slow_20", "slow_50"], 2))
    def next(self):
        votes = sum(crossover(getattr(self, f"fast_{f}"), getattr(self, f"slow_{s}")) for f in (5, 10) for s in (20, 50))
        if votes >= 2: self.buy()
