"""Equal risk: each symbol weighs one over the volatility of its past days, brought back each day."""

import pandas as pd
from algoops import PortfolioStrategy, backtest


def volatility(close, bars):
    return pd.Series(close).pct_change().rolling(bars).std()


class EqualRisk(PortfolioStrategy):
    bars = 60

    def init(self):
        self.risk = {s: self.I(volatility, self.data[s].Close, self.bars) for s in self.symbols}

    def next(self):
        calm = {s: 1 / self.risk[s][-1] for s in self.listed if self.risk[s][-1] > 0}
        whole = sum(calm.values())
        self.target({s: weight / whole for s, weight in calm.items()})


if __name__ == "__main__":
    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).parents[1]))
    from market import bars

    stats = backtest(EqualRisk, bars(), cash=1_000_000, commission=0.0005)
    print(stats, stats["_contributions"], sep="\n\n")
