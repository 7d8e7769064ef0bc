from dataclasses import dataclass, field

import pandas as pd
from backtesting import Strategy


@dataclass
class Signal:
    name: str = ""
    tags: list[str] = field(default_factory=list)


def average(close, n):
    series = pd.Series(close)
    series.name = f"average of {n}"
    return series.rolling(n).mean()


class Named(Strategy):
    n = 20

    def init(self):
        self.signal = Signal()
        self.signal.name = f"signal {self.n}"
        self.average = self.I(average, self.data.Close, self.n)

    def next(self):
        last = Signal("last")
        last.name = "last one"
        if self.data.Close[-1] > self.average[-1] and last.name != self.signal.name:
            self.buy()
