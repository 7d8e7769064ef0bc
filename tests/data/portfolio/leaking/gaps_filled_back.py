"""A common frame of closes whose gaps are filled backwards: tomorrow's price on a day without one."""

import pandas as pd
from algoops import PortfolioStrategy


def gain_of_all(close, data, symbols):
    closes = {s: pd.Series(data[s].Close, index=data[s].index) for s in symbols}
    gains = pd.DataFrame(closes).bfill().pct_change(fill_method=None).mean(axis=1)
    return gains.reindex(data["AAA"].index).fillna(0).clip(-0.02, 0.02)


class Follows(PortfolioStrategy):
    def init(self):
        close = self.data["AAA"].Close
        self.gain = self.I(gain_of_all, close, self.data, self.symbols)

    def next(self):
        self.target({"AAA": 40 * self.gain[-1]})
