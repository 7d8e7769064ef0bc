from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from backtesting import Strategy


@dataclass(frozen=True, slots=True)
class Candle:
    open: float
    high: float
    low: float
    close: float
    tags: list[str] = field(default_factory=list)
    count: ClassVar[int] = 0

    @property
    def body(self) -> float:
        return abs(self.close - self.open)

    @property
    def is_bullish(self) -> bool:
        return self.close > self.open

    def __post_init__(self) -> None:
        if self.high < self.low:
            raise ValueError(f"high {self.high!r} is below low {self.low!r}")


class Engulfing(Strategy):
    min_body = 0.5

    def init(self) -> None:
        self._last: Candle | None = None

    def _candle(self) -> Candle:
        d = self.data
        return Candle(d.Open[-1], d.High[-1], d.Low[-1], d.Close[-1])

    def next(self) -> None:
        candle = self._candle()
        last, self._last = self._last, candle
        if last is not None and candle.is_bullish and candle.body > self.min_body > last.body:
            if candle.open < last.close:
                self.buy(sl=candle.low * 0.99)
