"""The newest value of each declared indicator, as it was when its bar was the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from components.sandbox.guest.lookahead.differences import differing
from components.sandbox.guest.replay.declared import newest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backtesting import Strategy


class IndicatorHistory:
    """Values by indicator and noted bar."""

    def __init__(self) -> None:
        self.bars: list[int] = []
        self._values: list[list[Any]] = []

    def note(self, fresh: Strategy, bar: int) -> None:
        """Keep the newest values of an instance that was evaluated up to `bar`."""
        indicators = newest_of(fresh)
        if len(self._values) < len(indicators):
            gap = len(self.bars)
            missing = len(indicators) - len(self._values)
            self._values += [[np.nan] * gap for _ in range(missing)]
        self.bars.append(bar)
        for kept, indicator in zip(self._values, indicators, strict=False):
            kept.append(indicator)

    def series(self, number: int, rows: int) -> np.ndarray[Any, Any] | None:
        """Newest values of one indicator by noted bar: [bars] or [rows, bars]; None: unknown."""
        if number >= len(self._values) or len(self._values[number]) != len(self.bars):
            return None
        values = self._values[number]
        if rows > 1:
            blank = np.full(rows, np.nan)
            values = [v if np.shape(v) == (rows,) else blank for v in values]
            return np.array(values).T
        return np.array(values)


def different(
    series: Sequence[np.ndarray[Any, Any]], history: IndicatorHistory
) -> dict[int, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None]:
    """Indicators that can be compared; of those that differ, at which bars and what was known."""
    bars = np.array(history.bars, dtype=int)
    found: dict[int, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None] = {}
    for number, values in enumerate(series):
        known = history.series(number, values.shape[0] if values.ndim > 1 else 1)
        if known is None or not len(bars):
            continue
        wrong = differing(values[..., bars], known)
        found[number] = (bars[wrong], known[..., wrong]) if wrong.any() else None
    return found
