import warnings, random, statistics, math
import pandas as pd
from backtesting import Strategy
warnings.simplefilter(action="ignore", category=FutureWarning)
random.seed(42)
class Bootstrap(Strategy):
    def ci(self, xs, n=100):
        means = sorted(statistics.fmean(random.choices(xs, k=len(xs))) for _ in range(n))
        return means[int(.05 * n)], means[int(.95 * n)]
    def init(self): self.ret = pd.Series(self.data.Close).pct_change().dropna().tolist()
    def next(self):
        recent = [b / a - 1 for a, b in zip(self.data.Close[-21:-1], self.data.Close[-20:])]
        if len(recent) < 20: return
        lo, hi = self.ci(recent)
        if lo > 0 and math.copysign(1, hi) > 0: self.buy(size=.2)
