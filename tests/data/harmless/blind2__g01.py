"""
Adaptive Momentum Strategy
==========================
Combines RSI, MACD and volatility filters. Not financial advice.
"""
from __future__ import annotations

import logging
import math
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Deque, Dict, Final, List, Optional, Tuple

import numpy as np
import pandas as pd
import talib
from backtesting import Strategy
from backtesting.lib import crossover

logger: Final = logging.getLogger(__name__)
logger.setLevel(logging.WARNING)

DEFAULTS: Final[Dict[str, float]] = {"risk": 0.02, "atr_mult": 2.5}


class Signal(Enum):
    NONE = auto()
    LONG = auto()
    SHORT = auto()

    @classmethod
    def from_value(cls, value: float) -> "Signal":
        if value > 0:
            return cls.LONG
        return cls.SHORT if value < 0 else cls.NONE

    def __bool__(self) -> bool:
        return self is not Signal.NONE


@dataclass
class RiskState:
    peak: float = 0.0
    losses: int = 0
    recent: Deque[float] = field(default_factory=lambda: deque(maxlen=10))

    def register(self, pnl: float) -> None:
        self.recent.append(pnl)
        self.losses = self.losses + 1 if pnl < 0 else 0

    @property
    def mean(self) -> Optional[float]:
        return float(np.mean(self.recent)) if self.recent else None


class AdaptiveMomentum(Strategy):
    """See the module."""

    rsi_period: int = 14
    fast: int = 12
    slow: int = 26
    signal: int = 9
    atr_period: int = 14

    def init(self) -> None:
        close = pd.Series(self.data.Close, index=self.data.index)
        self.rsi = self.I(talib.RSI, self.data.Close, self.rsi_period)
        self.macd, self.macd_signal, _ = self.I(
            talib.MACD, self.data.Close, self.fast, self.slow, self.signal, name=("MACD", "signal", "hist")
        )
        self.atr = self.I(talib.ATR, self.data.High, self.data.Low, self.data.Close, timeperiod=self.atr_period)
        self.vol = self.I(lambda x: pd.Series(x).pct_change().rolling(20).std() * math.sqrt(252), close)
        self._risk = RiskState()
        self._seen: int = 0

    def _update(self) -> None:
        closed = self.closed_trades
        for trade in closed[self._seen:]:
            self._risk.register(trade.pl)
        self._seen = len(closed)
        self._risk.peak = max(self._risk.peak, self.equity)

    def _signal(self) -> Signal:
        score = 0
        score += 1 if crossover(self.macd, self.macd_signal) else 0
        score -= 1 if crossover(self.macd_signal, self.macd) else 0
        return Signal.from_value(score)

    def _size(self, stop: float) -> float:
        risk = DEFAULTS["risk"] * self.equity
        units = risk / max(stop, 1e-9)
        fraction = units * self.data.Close[-1] / self.equity
        return float(np.clip(fraction, 0.01, 0.95))

    def next(self) -> None:
        self._update()
        if np.isnan([self.rsi[-1], self.macd[-1], self.atr[-1]]).any():
            return
        if self._risk.losses >= 5:
            logger.info("pausing after %d losses (mean %s)", self._risk.losses, self._risk.mean)
            self._risk.losses = 0
            return
        signal = self._signal()
        if not signal:
            return
        price, stop = self.data.Close[-1], DEFAULTS["atr_mult"] * self.atr[-1]
        if signal is Signal.LONG and self.rsi[-1] < 70:
            self.position.close() if self.position.is_short else None
            self.buy(size=self._size(stop), sl=price - stop, tp=price + 2 * stop)
        elif signal is Signal.SHORT and self.rsi[-1] > 30:
            self.position.close()
