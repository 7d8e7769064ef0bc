"""Finer bars of the symbol: what they tell of the order of events within one bar.

Only the trusted side has them. They answer what a bar leaves open about a trade and nothing else:
fills, prices and sizes are those of the bar. The strategy is told the answers about its own trades
together with the bar, which has ended by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from components.engine.intervals import minutes
from components.errors import ConfigError

if TYPE_CHECKING:
    from algoops.exchange.undecided import Answer, Question
    from components.ports import Bars

_SAME = 1e-9
"""Relative difference of prices that rounding explains (a spread was added and taken off)."""

_WITHIN = 1e-6
"""By so much, relatively, finer bars' extremes may differ from the bar's: vendors' rounding."""


class FinerBars:
    """The finer bars within each bar; both are named by the time at which they begin.

    Args:
        frame: the bars of the run.
        finer: bars of the same symbol, in the same units.
        interval: length of a bar.

    Raises:
        ConfigError: one has times in a zone and the other has not.
    """

    def __init__(self, frame: pd.DataFrame, finer: Bars, interval: str) -> None:
        times, inside = pd.DatetimeIndex(frame.index), pd.DatetimeIndex(finer.frame.index)
        if (times.tz is None) != (inside.tz is None):
            raise ConfigError(
                f"the times of {finer.symbol} {interval} and {finer.interval} must both be in a "
                "zone, or both in none"
            )
        self._first = inside.searchsorted(times)
        last = inside.searchsorted(_ends(times, interval))
        self._last = np.minimum(last, np.append(self._first[1:], len(inside)))
        self._bars = frame[["High", "Low"]].to_numpy(float)
        self._finer = finer.frame[["Open", "High", "Low", "Close"]].to_numpy(float)
        self._bar = 0

    def at(self, bar: int) -> None:
        """Questions are about this bar from here on."""
        self._bar = bar

    def decide(self, question: Question) -> Answer | None:
        """What came first; None: the finer bars are not there, or don't tell it either."""
        rows = self._finer[self._first[self._bar] : self._last[self._bar]]
        if not len(rows) or not self._fit(rows):
            return None
        if question.entered is None:
            return _first_of(question, rows)
        entry = _entry(question.entered, rows)
        if entry is None:
            return None
        rest = rows[entry:].copy()
        if not _close(rest[0, 0], question.entered) and _touched(question, rest[:1]).any():
            return None  # inside one finer bar, too, the entry may have come after
        answer = _first_of(question, rest)
        return answer if answer or _touched(question, rest).any() else "wait"

    def _fit(self, rows: np.ndarray[Any, Any]) -> bool:
        """Whether the finer bars make up the bar: not those of another feed, nor a part of them."""
        made = [rows[:, 1].max(), rows[:, 2].min()]
        return bool(np.allclose(made, self._bars[self._bar], rtol=_WITHIN, atol=0))


def _ends(times: pd.DatetimeIndex, interval: str) -> pd.DatetimeIndex:
    """When bars that begin at these times end; days are those of the time zone."""
    length = pd.Timedelta(minutes=minutes(interval) or 0)
    if times.tz is None or length % pd.Timedelta(days=1):
        return times + length
    local = times.tz_localize(None) + length
    later = np.zeros(len(times), bool)  # of two equal clock times the second one
    return local.tz_localize(times.tz, ambiguous=later, nonexistent="shift_forward")


def _touched(question: Question, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Whether each finer bar reaches the stop-loss, and the take-profit: two columns."""
    high, low = rows[:, 1], rows[:, 2]
    stop, target = question.stop, question.target
    never = np.zeros(len(rows), bool)
    if question.long:
        stopped = never if stop is None else low <= stop
        reached = never if target is None else high >= target
    else:
        stopped = never if stop is None else high >= stop
        reached = never if target is None else low <= target
    return np.column_stack([stopped, reached])


def _first_of(question: Question, rows: np.ndarray[Any, Any]) -> Answer | None:
    """Which price came first; None: neither, or both in one finer bar that does not open beyond."""
    touched = _touched(question, rows)
    if not touched.any():
        return None
    at = int(touched.any(axis=1).argmax())
    stopped, reached = touched[at]
    if stopped and reached:
        opening = rows[at, 0]
        stopped, reached = _touched(question, np.full((1, 4), opening))[0]
    return "stop" if stopped else "target" if reached else None


def _entry(price: float, rows: np.ndarray[Any, Any]) -> int | None:
    """The finer bar in which a price was first traded, or passed by a gap before it."""
    before = np.append(rows[:1, 0], rows[:-1, 3])
    high = np.maximum(rows[:, 1], before) * (1 + _SAME)
    low = np.minimum(rows[:, 2], before) * (1 - _SAME)
    found = (low <= price) & (price <= high)
    return int(found.argmax()) if found.any() else None


def _close(one: float, two: float) -> bool:
    return bool(abs(one - two) <= _SAME * abs(two))
