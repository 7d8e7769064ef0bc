"""Holds what has risen over months, the less of it the more it swings."""

import numpy as np
import pandas as pd
from backtesting import Strategy

DAYS_A_YEAR = 252


def momentum(close, length):
    """Return over `length` bars, as a fraction."""
    return pd.Series(close).pct_change(length)


def volatility(close, length):
    """Yearly standard deviation of daily log returns over `length` bars, as a fraction."""
    returns = np.log(pd.Series(close)).diff()
    return returns.rolling(length).std() * np.sqrt(DAYS_A_YEAR)


class MomentumVol(Strategy):
    """Long while the momentum is positive; the size aims at a constant volatility.

    Attributes:
        length: bars over which the momentum is measured.
        vol_length: bars over which the volatility is measured.
        target: yearly volatility aimed at, as a fraction.
        every: bars between two looks.
    """

    length = 200
    vol_length = 40
    target = 0.12
    every = 10

    def init(self):
        self.momentum = self.I(momentum, self.data.Close, self.length)
        self.volatility = self.I(volatility, self.data.Close, self.vol_length)
        self.bars_since_look = self.every

    def next(self):
        self.bars_since_look += 1
        if self.bars_since_look < self.every:
            return
        self.bars_since_look = 0
        if self.momentum[-1] <= 0:
            self.position.close()
        elif not self.position:
            self.buy(size=min(0.95, max(0.05, self.target / self.volatility[-1])))
