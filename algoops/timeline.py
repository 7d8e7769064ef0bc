"""All times at which any symbol has a bar, and which symbols have one at each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, KeysView

    from algoops.universe import Universe

_PRICES = ("Open", "High", "Low", "Close")
_SAME_STEP = 1.5
"""Usual steps of two symbols that are apart by more are other intervals."""


def checked(
    data: Mapping[str, pd.DataFrame], *, some_empty: bool = False
) -> dict[str, pd.DataFrame]:
    """The frames as they are traded on: a column Volume in each, times of several zones in UTC.

    Args:
        data: bars by symbol.
        some_empty: symbols may have no bars in this time.

    Raises:
        TypeError: data is no dict, or an index has no times.
        ValueError: something in them can't be traded on; says what and where.
    """
    if not isinstance(data, Mapping):
        raise TypeError(
            f"data must be a dict of bars such as {{'SPX': frame}}, found {type(data).__name__}"
        )
    if not data:
        raise ValueError("data: give at least one symbol's bars")
    if not some_empty and (bare := [symbol for symbol, frame in data.items() if frame.empty]):
        raise ValueError(f"{bare[0]}: no bars")
    found = {symbol: _frame(symbol, frame) for symbol, frame in data.items()}
    zones = {str(frame.index.tz) for frame in found.values()}  # type: ignore[attr-defined]
    if len(zones) > 1:
        if "None" in zones:
            raise ValueError("data: some symbols have a time zone and some have none")
        found = {
            s: f.set_axis(pd.DatetimeIndex(f.index).tz_convert("UTC")) for s, f in found.items()
        }
    steps = {s: float(np.median(np.diff(pd.DatetimeIndex(f.index).as_unit("s").asi8)))
             for s, f in found.items() if len(f) > 1}  # fmt: skip
    if steps and max(steps.values()) > _SAME_STEP * min(steps.values()):
        long, short = max(steps, key=steps.__getitem__), min(steps, key=steps.__getitem__)
        raise ValueError(
            f"data: {long} and {short} have bars of other lengths ({_length(steps[long])} and "
            f"{_length(steps[short])}); a long bar would be known before the short ones in it"
        )
    return found


def _length(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds))).removesuffix(", 0:00:00")


def _frame(symbol: str, frame: pd.DataFrame) -> pd.DataFrame:
    if missing := [name for name in _PRICES if name not in frame.columns]:
        raise ValueError(f"{symbol}: no column {', '.join(missing)}")
    index = frame.index
    if not isinstance(index, pd.DatetimeIndex):
        raise TypeError(f"{symbol}: the index must be times, found {type(index).__name__}")
    if not (index.is_monotonic_increasing and index.is_unique):
        raise ValueError(f"{symbol}: times must rise, each once")
    prices = frame[list(_PRICES)].to_numpy(float)
    if not (np.isfinite(prices) & (prices > 0)).all():
        raise ValueError(f"{symbol}: prices must be numbers above zero; drop bars without")
    return frame if "Volume" in frame.columns else frame.assign(Volume=np.nan)


def _of_the_same(symbols: KeysView[str], universe: Universe) -> None:
    named = universe.memberships.keys()
    if without := sorted(named - symbols):
        raise ValueError(f"the universe names {', '.join(without)}, of which there are no bars")
    if more := sorted(symbols - named):
        raise ValueError(f"there are bars of {', '.join(more)}, which the universe does not name")


class Timeline:
    """The times of several symbols, joined.

    Args:
        frames: bars of each.
        universe: who is a member when, by the day on which a bar begins; all are where there is
            none.
        going_on: symbols that are not over, although their last bar is before the others'.

    Raises:
        ValueError: the universe and the bars are not of the same symbols.

    Attributes:
        index: all of them.
        places: of each symbol's bars in it.
        due: at each time the numbers of the symbols that have a bar.
        over: at each time the numbers of the symbols whose last bar was the one before.
        members: at each time the members of the universe, where there is one.
    """

    def __init__(
        self,
        frames: Mapping[str, pd.DataFrame],
        universe: Universe | None = None,
        going_on: Collection[str] = (),
    ) -> None:
        indexes = {symbol: pd.DatetimeIndex(frame.index) for symbol, frame in frames.items()}
        joined = next(iter(indexes.values()))
        for other in indexes.values():
            joined = joined.union(other)
        self.index = joined
        self.members: list[frozenset[str]] | None = None
        if universe is not None:
            _of_the_same(frames.keys(), universe)
            self.members = list(universe.on(joined.date))
        self.places: dict[str, Any] = {s: joined.get_indexer(i) for s, i in indexes.items()}
        self.due: list[list[int]] = [[] for _ in joined]
        for number, places in enumerate(self.places.values()):
            for at in places.tolist():
                self.due[at].append(number)
        self.over: list[list[int]] = [[] for _ in joined]
        for number, (symbol, places) in enumerate(self.places.items()):
            if len(places) and places[-1] + 1 < len(joined) and symbol not in going_on:
                self.over[int(places[-1]) + 1].append(number)

    def before(self, at: int) -> list[int]:
        """How many bars each symbol has before a place."""
        return [int(np.searchsorted(places, at)) for places in self.places.values()]

    def start(self, first: Iterable[tuple[str, int]]) -> int:
        """The place after all of these bars (symbol, number), but those of symbols listed later.

        Only symbols that have a bar at the first time are waited for.
        """
        warm = [int(self.places[s][n]) for s, n in first if self.places[s][0] == 0]
        return 1 + max(warm, default=0)

    def ended(self) -> dict[str, pd.Timestamp]:
        """Symbols whose last bar is before the end, with its time."""
        symbols = list(self.places)
        return {symbols[n]: self.index[at - 1] for at, over in enumerate(self.over) for n in over}
