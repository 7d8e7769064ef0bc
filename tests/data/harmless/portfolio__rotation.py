"""Monthly rotation: the two symbols that gained most in half a year, half of the money in each."""

import numpy as np
import pandas as pd
from algoops import PortfolioStrategy, backtest


def gain(close, bars):
    return pd.Series(close).pct_change(bars)


class Rotation(PortfolioStrategy):
    lookback = 126
    hold = 2

    def init(self):
        self.gain = {s: self.I(gain, self.data[s].Close, self.lookback) for s in self.symbols}
        self.month = None

    def next(self):
        month = self.data[self.listed[0]].index[-1].month
        if month == self.month:
            return
        self.month = month
        known = [s for s in self.listed if not np.isnan(self.gain[s][-1])]
        best = sorted(known, key=lambda s: self.gain[s][-1])[-self.hold :]
        self.target({s: 1 / len(best) for s in best if self.gain[s][-1] > 0})


if __name__ == "__main__":
    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).parents[1]))
    from market import bars

    stats = backtest(Rotation, bars(), cash=1_000_000, commission=0.0005)
    print(stats, stats["_contributions"], sep="\n\n")
