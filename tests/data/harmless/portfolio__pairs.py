"""A pair: two indices that move together, one bought and one sold when they are far apart.

The hedge ratio is the slope of one's logarithmic prices on the other's over the past bars alone.
"""

import numpy as np
import pandas as pd
from algoops import PortfolioStrategy, backtest


def apart(one, other, bars):
    """Hedge ratio, and how far the pair is apart in standard deviations."""
    y, x = np.log(pd.Series(one)), np.log(pd.Series(other))
    ratio = y.rolling(bars).cov(x) / x.rolling(bars).var()
    spread = y - ratio * x
    return ratio, (spread - spread.rolling(bars).mean()) / spread.rolling(bars).std()


class Pair(PortfolioStrategy):
    bars = 120
    enter = 2.0
    leave = 0.5

    def init(self):
        self.one, self.other = self.symbols
        prices = self.data[self.one].Close, self.data[self.other].Close
        self.apart = self.I(apart, *prices, self.bars)

    def next(self):
        ratio, distance = self.apart[:, -1]
        if self.position(self.one):
            if abs(distance) < self.leave:
                self.target({})
        elif abs(distance) > self.enter and 0.2 < ratio < 5:
            side = -np.sign(distance)
            whole = 1 + ratio
            self.target({self.one: side / whole, self.other: -side * ratio / whole})


if __name__ == "__main__":
    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).parents[1]))
    from market import bars

    both = {name: frame for name, frame in bars().items() if name in {"SPX", "IXIC"}}
    stats = backtest(Pair, both, cash=1_000_000, commission=0.0005)
    print(stats, stats["_contributions"], sep="\n\n")
