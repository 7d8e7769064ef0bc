"""Turtle with pyramiding."""
from typing import Final
from backtesting import Strategy
MAX_UNITS: Final = 4
class Turtle(Strategy):
    entry, exit_, atr_n = 55, 20, 20
    def init(self):
        self.units = 0
        self.last_entry = None
    @property
    def atr(self):
        h, l, c = self.data.High, self.data.Low, self.data.Close
        n = min(self.atr_n, len(c) - 1)
        trs = [max(h[-i] - l[-i], abs(h[-i] - c[-i - 1]), abs(l[-i] - c[-i - 1])) for i in range(1, n + 1)]
        return sum(trs) / n if n else float("nan")
    def next(self):
        c = self.data.Close[-1]
        if not self.position: self.units = 0
        if c >= max(self.data.High[-self.entry:]) and self.units < MAX_UNITS:
            if self.last_entry is None or c > self.last_entry + .5 * self.atr:
                self.buy(size=.2, sl=c - 2 * self.atr)
                self.units += 1; self.last_entry = c
        elif c <= min(self.data.Low[-self.exit_:]): self.position.close()
