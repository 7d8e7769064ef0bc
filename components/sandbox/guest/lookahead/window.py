"""Searches the smallest lookback with which nothing differs from the whole history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd

from components.sandbox.guest.lookahead.differences import (
    asked,
    differing,
    excess,
    first_difference,
    scale_of,
)
from components.sandbox.guest.replay.declared import series_of
from components.sandbox.guest.replay.history import different
from components.sandbox.guest.replay.places import places
from components.sandbox.guest.replay.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backtesting import Strategy

    from components.sandbox.guest.replay.source import Source
    from components.sandbox.guest.replay.whole import Whole

MOST_WRONG = 16
FEW_WRONG = 48
SPREAD_BARS = 8
SPACES = 200
ROUNDS = 6
MOST_EVALUATED = 30_000_000
"""Bars that init() may work on (over all of its runs) while a found lookback is tried out."""

DECLARED = "#"
"""Marks an indicator's number, beside the paths of places."""


def newest(strategy: Strategy, folder: str) -> dict[str, Any]:
    """The newest value of each place and of each declared indicator."""
    found = {place.path: _last(place.value) for place in places(strategy, folder)}
    declared = enumerate(series_of(strategy))
    return found | {f"{DECLARED}{number}": _last(series) for number, series in declared}


def moved(one: Mapping[str, Any], two: Mapping[str, Any]) -> set[str]:
    """Places (without the indicators' numbers) whose newest values differ."""
    return {path for path in one if path[0] != DECLARED and not _same(one[path], two.get(path))}


class Least:
    """One search.

    Args:
        source: the author's code on the backtest's bars.
        full: the run with the whole history.
        orders: whether the orders have to be the same too (not where something else moves them).
    """

    def __init__(self, source: Source, full: Whole, *, orders: bool) -> None:
        self._source = source
        self._full = full
        self._orders = orders
        self._kind = source.load()
        self._whole = source.trial(self._kind)
        self._scales = {f"{DECLARED}{n}": scale_of(s) for n, s in enumerate(full.series)}
        self._targets: dict[int, dict[str, Any]] = {}
        self._keys: set[str] = set()
        self._known: dict[tuple[int, int], dict[str, Any]] = {}

    def find(self, stream: Stream, bars: Iterable[int]) -> tuple[int, bool]:
        """The smallest lookback that does, and whether it was tried at every bar; 0: none does."""
        window = self._source.spec.lookback or 1
        length = self._source.tape.length
        self._aim(stream, window)
        for bar in bars:
            self._target(bar)
            if not self._keys:
                self._keys |= moved(self._targets[bar], self._newest(window, bar))
        for bar in np.linspace(self._full.start, length - 1, SPREAD_BARS).astype(int).tolist():
            self._target(bar)
        for _round in range(ROUNDS):
            window = self._smallest(window)
            if not window or window * length > MOST_EVALUATED:
                return window, False
            tried = self._stream(window)
            if not self._aim(tried, window):
                return window, True
        return window, False

    def _aim(self, stream: Stream, window: int) -> bool:
        """Note where a run with this window goes wrong; whether it does."""
        wrong = different(self._full.series, stream.history)
        worst: set[int] = set()
        for number, apart in wrong.items():
            if apart is not None and (visible := apart[0] >= self._full.start).any():
                self._keys.add(f"{DECLARED}{number}")
                worst |= self._worst(number, apart[0][visible], apart[1][..., visible])
        for at in worst:
            self._target(at)
        if worst or not self._orders:
            return bool(worst)
        known = asked(stream.first, stream.start, stream.ops)
        bar = first_difference(self._full.asked, known, self._source.tape.length)
        if bar is not None:
            self._target(bar)
            self._keys |= moved(self._targets[bar], self._newest(window, bar))
        return bar is not None

    def _worst(
        self, number: int, bars: np.ndarray[Any, Any], known: np.ndarray[Any, Any]
    ) -> set[int]:
        series = self._full.series[number]
        times = excess(series[..., bars], known, scale_of(series))
        times = times.max(axis=0) if times.ndim > 1 else times
        return _spaced(bars[np.argsort(-times, kind="stable")].tolist(), len(series.T) // SPACES)

    def _target(self, bar: int) -> None:
        if bar not in self._targets:
            self._targets[bar] = newest(self._whole.fresh(bar + 1), self._source.folder)

    def _smallest(self, window: int) -> int:
        """By doubling, then halving, for each that differs; what no window mends is left out."""
        found = [self._smallest_for(key, window) for key in sorted(self._keys)]
        return max(found, default=0)

    def _smallest_for(self, key: str, window: int) -> int:
        most = max(self._targets) + 1
        low, high = window - 1, window
        while not self._does(key, high):
            if high >= most:
                return 0
            low, high = high, min(2 * high, most)
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._does(key, middle) else (middle, high)
        return high if high < most else 0

    def _does(self, key: str, window: int) -> bool:
        return all(
            _same(target.get(key), self._newest(window, bar).get(key), self._scales.get(key))
            for bar, target in self._targets.items()
        )

    def _newest(self, window: int, bar: int) -> dict[str, Any]:
        known = self._known.get((window, bar))
        if known is None:
            trial = self._source.trial(self._kind, window)
            try:
                known = newest(trial.fresh(bar + 1), self._source.folder)
            except Exception:  # noqa: BLE001  # the author's init() on too few bars
                known = {}
            self._known[window, bar] = known
        return known

    def _stream(self, window: int) -> Stream:
        """A streamed run with this lookback, over all bars."""
        spec = msgspec.structs.replace(self._source.spec, lookback=window)
        source = self._source
        tapes = source.tape.replayed(spec)
        tape = next(tapes)
        stream = Stream(source.load(), spec, tape, source.declarations, source.folder)
        stream.rehearse()
        stream.step()
        for _ in tapes:
            stream.step()
        return stream


def _spaced(bars: list[int], apart: int) -> set[int]:
    """The first of these bars that are not close to one another; of few bars all."""
    found: set[int] = set()
    if len(bars) <= FEW_WRONG:
        return set(bars)
    for bar in bars:
        if all(abs(bar - other) > apart for other in found):
            found.add(bar)
            if len(found) == MOST_WRONG:
                break
    return found


def _last(value: Any) -> Any:
    values = np.asarray(value).T if isinstance(value, pd.DataFrame) else np.asarray(value)
    return values[..., -1] if values.ndim and values.shape[-1] else value


def _same(one: Any, two: Any, scale: float | None = None) -> bool:
    left, right = np.atleast_1d(np.asarray(one)), np.atleast_1d(np.asarray(two))
    return left.shape == right.shape and not differing(left, right, scale).any()
