from dataclasses import dataclass

import algoops
import numpy as np


@dataclass
class Leg:
    symbol: str
    weight: float = 0.0


class Filter:
    def __init__(self, least):
        self._least = least
        self._values = []

    def __call__(self, value):
        self._values.append(value)
        return value > self._least


class Rule:
    """Common to several strategies."""

    least = 0.0

    def passes(self, value):
        return bool(np.isfinite(value)) and value > self.least


def gain(close, bars):
    out = np.full(len(close), np.nan)
    out[bars:] = close[bars:] / close[:-bars] - 1
    return out


class Base(Rule, algoops.PortfolioStrategy):
    bars = 20

    def init(self):
        self._gains = {s: self.I(gain, self.data[s].Close, self.bars) for s in self.symbols}
        self._filter = Filter(0.01)

    def legs(self):
        named = [Leg(s, float(self._gains[s][-1])) for s in self.listed]
        return [leg for leg in named if self.passes(leg.weight) and self._filter(leg.weight)]


class Strongest(Base):
    hold = 2

    def init(self):
        super().init()

    def next(self):
        legs = sorted(self.legs(), key=lambda leg: leg.weight)[-self.hold :]
        for trade in self.trades:
            if trade.symbol not in {leg.symbol for leg in legs}:
                trade.close()
        for leg in legs:
            if not self.position(leg.symbol) and self.equity > 0:
                self.buy(leg.symbol, size=0.3, sl=self.data[leg.symbol].Close[-1] * 0.9, tag="in")
