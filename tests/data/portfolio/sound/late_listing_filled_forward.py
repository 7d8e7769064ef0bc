"""A common frame of closes whose gaps are filled forwards; the late symbol counts once it is there."""

import pandas as pd
from algoops import PortfolioStrategy


def ahead_of_the_mean(close, data, symbols):
    closes = {s: pd.Series(data[s].Close, index=data[s].index) for s in symbols}
    gains = pd.DataFrame(closes).ffill().pct_change(5, fill_method=None)
    return (gains["AAA"] - gains.mean(axis=1)).reindex(data["AAA"].index).fillna(0)


class Relative(PortfolioStrategy):
    def init(self):
        close = self.data["AAA"].Close
        self.relative = self.I(ahead_of_the_mean, close, self.data, self.symbols)

    def next(self):
        self.target({"AAA": 0.9 if self.relative[-1] > 0 else -0.9})
