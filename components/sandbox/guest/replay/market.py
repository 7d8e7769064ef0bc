"""Market data that grows: only the bars received so far exist in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from backtesting._util import _Array, _Data

from algoops.exchange.undecided import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from algoops.exchange.undecided import Answer
    from components.protocol.messages import Decided, Spec

FIRST_CAPACITY = 1_024


def missing(column: object) -> str:
    """What to say of a column that the data does not have, and where to make it."""
    return f"Column '{column}' not in data: add it in `def prepare(df)` in strategy.py"


class WholeData(_Data):  # type: ignore[misc]  # the package has no types
    """The package's own data, all bars at once, with our words for a missing column."""

    def __getattr__(self, item: str) -> Any:
        try:
            return super().__getattr__(item)
        except AttributeError:
            raise AttributeError(missing(item)) from None

    def __getitem__(self, item: str) -> Any:
        try:
            return super().__getitem__(item)
        except KeyError:
            raise KeyError(missing(item)) from None


class Tape:
    """Received bars in preallocated arrays that double when full; beyond `length` all is zero.

    `told`: by bar, answers to what it leaves open about a trade.
    """

    def __init__(self, spec: Spec) -> None:
        self.names = [column.name for column in spec.columns]
        self.length = 0
        self.columns = [np.zeros(FIRST_CAPACITY, column.dtype) for column in spec.columns]
        self.times = np.zeros(FIRST_CAPACITY, "<i8")
        self._time_dtype = spec.index_dtype
        self._index_name = spec.index_name
        self._zone = spec.zone
        self.pip = spec.pip
        self.told: dict[int, dict[Question, Answer]] = {}

    def append(self, time: int, values: Sequence[float], told: Sequence[Decided] = ()) -> None:
        """Take one more bar, and what is told of the order of events in it."""
        at = self.length
        if at == len(self.times):
            self._grow(2 * at)
        self.times[at] = time
        for column, value in zip(self.columns, values, strict=True):
            column[at] = value
        self.length = at + 1
        if told:
            self.told[at] = {Question(t.long, t.entered, t.stop, t.target): t.answer for t in told}

    def extend(self, times: np.ndarray[Any, Any], columns: Sequence[np.ndarray[Any, Any]]) -> None:
        """Take many bars at once."""
        start, end = self.length, self.length + len(times)
        if end > len(self.times):
            self._grow(max(end, 2 * len(self.times)))
        self.times[start:end] = times
        for column, values in zip(self.columns, columns, strict=True):
            column[start:end] = values
        self.length = end

    def _grow(self, capacity: int) -> None:
        self.times = np.concatenate([self.times, np.zeros(capacity - len(self.times), "<i8")])
        self.columns = [
            np.concatenate([column, np.zeros(capacity - len(column), column.dtype)])
            for column in self.columns
        ]

    def index(self, start: int, end: int) -> pd.DatetimeIndex:
        """The bars' times, as the host's data has them (resolution, zone, name)."""
        index = pd.DatetimeIndex(self.times[start:end].view(self._time_dtype).copy())
        if self._zone:
            index = index.tz_localize("UTC").tz_convert(self._zone)
        return index.rename(self._index_name)

    def frame(self, start: int, end: int) -> pd.DataFrame:
        """A copy of the bars as a DataFrame."""
        values = {n: c[start:end].copy() for n, c in zip(self.names, self.columns, strict=True)}
        return pd.DataFrame(values, index=self.index(start, end))


class _ArrayOptions(dict[str, Any]):
    """Options of a price array; the index is built when somebody asks (`.s`, `.df`)."""

    def __init__(self, owner: GrowingData) -> None:
        super().__init__()
        self.owner = owner

    def __missing__(self, key: str) -> Any:
        if key == "index":
            return self.owner.index
        raise KeyError(key)


class GrowingData(_Data):  # type: ignore[misc]  # the package has no types
    """`Strategy.data` over a tape: the package's own class, its arrays cut when they are asked for.

    With `window`, only the last so many bars are shown (the prefix that init() sees where a
    lookback is declared).
    """

    def __init__(self, tape: Tape, window: int | None = None) -> None:
        self._tape = tape
        self._window = window
        self._place = {name: at for at, name in enumerate(tape.names)}
        self._first = self._end = 0
        self._frame: pd.DataFrame | None = None
        self._index: pd.DatetimeIndex | None = None
        self._extra: dict[str, Any] = {}
        self._Data__cache: dict[str, Any] = {}
        self._Data__len = 0

    def show(self, length: int) -> None:
        """Show the first `length` bars (the last `window` of them)."""
        self._first = max(0, length - self._window) if self._window else 0
        self._end = length
        self._frame = self._index = None
        if self._extra:
            self._extra = {}
        self._Data__len = length - self._first
        self._Data__cache = {}

    def _set_length(self, length: int) -> None:
        self.show(length)

    def _Data__get_array(self, key: str) -> Any:  # noqa: N802  # the package's accessors call it
        array = self._Data__cache.get(key)
        if array is None:
            array = self._tape.columns[self._place[key]][self._first : self._end].view(_Array)
            array.name, array._opts = key, _ArrayOptions(self)  # noqa: SLF001  # as _Array.__new__ does
            self._Data__cache[key] = array
        return array

    def _update(self) -> None:
        """Take over what init() wrote into `data.df`, as the package does after init()."""
        if self._frame is None:
            return
        options = _ArrayOptions(self)
        for name, values in self._frame.items():
            array = np.asarray(values).view(_Array)
            array.name, array._opts = str(name), options  # noqa: SLF001  # as above
            self._extra[str(name)] = self._Data__cache[str(name)] = array

    def adopt(self, other: GrowingData) -> None:
        """Take over the columns that a re-evaluation's init() added to its own `data.df`."""
        for name, array in other._extra.items():
            if name not in self._place:
                self._extra[name] = self._Data__cache[name] = array[: self._end]

    def __getattr__(self, item: str) -> Any:
        try:
            return self._Data__get_array(item)
        except KeyError:
            raise AttributeError(missing(item)) from None

    def __getitem__(self, item: str) -> Any:
        try:
            return self._Data__get_array(item)
        except KeyError:
            raise KeyError(missing(item)) from None

    def __repr__(self) -> str:
        last = len(self) - 1
        values = ", ".join(f"{name}={self[name][last]}" for name in self._place)
        return f"<Data i={last} ({self.index[last]}) {values}>"

    @property
    def df(self) -> pd.DataFrame:
        """The bars shown as a DataFrame; init() may add columns to it."""
        if self._frame is None:
            self._frame = self._tape.frame(self._first, self._end)
            for name, array in self._extra.items():
                self._frame[name] = np.asarray(array)
        return self._frame

    @property
    def index(self) -> pd.DatetimeIndex:
        """Times of the bars shown."""
        if self._index is None:
            self._index = self._tape.index(self._first, self._end)
        return self._index

    @property
    def pip(self) -> float:
        """Smallest price change of the instrument."""
        return self._tape.pip

    def _current_value(self, key: str) -> Any:
        return self._tape.columns[self._place[key]][self._end - 1]
