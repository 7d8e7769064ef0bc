from __future__ import annotations

from statistics import NormalDist, mean

from backtesting import Strategy


class Kelly(Strategy):
    cap: float = 0.25
    min_trades: int = 20

    def init(self) -> None:
        self.sizes: dict[int, float] = {}

    def kelly(self) -> float:
        pls = [t.pl_pct for t in self.closed_trades[-100:]]
        if len(pls) < self.min_trades:
            return 0.1
        wins = [p for p in pls if p > 0]
        losses = [-p for p in pls if p <= 0]
        if not wins or not losses:
            return self.cap
        w = len(wins) / len(pls)
        r = mean(wins) / mean(losses)
        return min(self.cap, max(0.01, w - (1 - w) / r))

    def next(self) -> None:
        z = NormalDist(0, 1).inv_cdf(0.95)
        if self.data.Close[-1] > self.data.Close[-2] * (1 + z / 100) and not self.position:
            size = self.kelly()
            self.sizes[len(self.data)] = size
            self.buy(size=size)
