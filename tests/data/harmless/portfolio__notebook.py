import algoops
import pandas as pd

spx = pd.read_csv("SPX.csv", index_col=0, parse_dates=True)
ixic = pd.read_csv("IXIC.csv", index_col=0, parse_dates=True)


class Half(algoops.PortfolioStrategy):
    def init(self):
        self.began = False

    def next(self):
        if not self.began:
            self.target({s: 0.5 for s in self.listed})
            self.began = True


stats = algoops.backtest(Half, {"SPX": spx, "IXIC": ixic}, cash=100_000)
print(stats)
algoops.plot(stats, "run.html")
print(stats._contributions)
