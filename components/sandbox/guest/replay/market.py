"""Market data that grows: only the bars received so far exist in this process."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from backtesting._util import _Array, _Data

from algoops.exchange.broker import Exchange
from algoops.exchange.undecided import Question
from components.sandbox.guest.replay import rehearsal
from components.sandbox.guest.replay.recorder import StrategyBroker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Protocol

    from algoops.exchange.broker import Account
    from algoops.exchange.undecided import Answer
    from components.protocol.messages import Bar, BarBlock, Decided, Spec

    class AnyTape(Protocol):
        """Received bars: a `Tape`, or the `Tapes` of several symbols."""

        @property
        def length(self) -> int:
            """How many bars there are."""

        def take(self, bar: Any) -> None:
            """Take what came with one frame."""

        def take_block(self, block: Any) -> None:
            """Take many bars at once."""

        def view(self, window: int | None = None) -> Any:
            """The bars as a strategy sees them, growing."""

        def whole(self, length: int) -> Any:
            """The first `length` bars, all at once."""

        def mirror(self, market: Any, spec: Spec) -> Any:
            """The broker of a strategy that trades on these bars."""

        def idle(self, data: Any, account: Account) -> Any:
            """The broker of instances that do not trade."""

        def made_up(self, spec: Spec) -> Any:
            """Made-up bars of the same kind."""

        def changed(self, start: int) -> Any:
            """The same bars with other prices from one on."""

        def replayed(self, spec: Spec) -> Iterator[Any]:
            """The same bars, one more each time."""


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


class IdleBroker(Exchange):
    """What instances have that are made to look at their init(): nothing is filled."""

    def on(self, data: Any) -> IdleBroker:
        """The same one over other data: its last price is theirs."""
        self._data = data
        return self

    def forget(self) -> None:
        """Drop what init() ordered."""
        if self.orders:
            self.orders.clear()


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

    def take(self, bar: Bar) -> None:
        """Take one more bar as it came."""
        self.append(bar.time, bar.values, bar.told)

    def take_block(self, block: BarBlock) -> None:
        """Take many bars as they came."""
        self.extend(np.frombuffer(block.times, "<i8"), self.read(block.columns))

    def read(self, columns: Sequence[bytes]) -> list[np.ndarray[Any, Any]]:
        """The values of raw columns."""
        pairs = zip(columns, self.columns, strict=True)
        return [np.frombuffer(raw, own.dtype) for raw, own in pairs]

    def extend(self, times: np.ndarray[Any, Any], columns: Sequence[np.ndarray[Any, Any]]) -> None:
        """Take many bars at once."""
        start, end = self.length, self.length + len(times)
        if end > len(self.times):
            self._grow(max(end, len(self.times) * 5 // 4))  # of 500 symbols twice as many are dear
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

    def view(self, window: int | None = None) -> GrowingData:
        """The bars as a strategy sees them, growing."""
        return GrowingData(self, window)

    def whole(self, length: int) -> WholeData:
        """The first `length` bars, all at once."""
        data = WholeData(self.frame(0, length))
        data._Data__pip = self.pip  # noqa: SLF001  # what a prefix's own closes would not tell
        return data

    def mirror(self, market: Any, spec: Spec) -> StrategyBroker:
        """The broker of a strategy that trades on these bars."""
        return StrategyBroker(market, spec.account, 1_024, self.told, late=spec.delay > 0)

    def idle(self, data: Any, account: Account) -> IdleBroker:
        """The broker of instances that do not trade."""
        return IdleBroker(data, account, 1)

    def made_up(self, spec: Spec) -> Tape:
        """Made-up bars with the same columns, a day apart."""
        tape = Tape(spec)
        tape.extend(rehearsal.times(spec.index_dtype), rehearsal.columns(spec.columns))
        return tape

    def changed(self, start: int) -> Tape:
        """The same bars with other prices and volumes from `start` on."""
        changed = copy.copy(self)
        steps = np.random.default_rng(0).normal(0, 0.02, self.length - start)
        factors = np.exp(0.1 + steps.cumsum())
        changed.columns = [column.copy() for column in self.columns]
        for column in changed.columns:
            later = column[start : self.length]
            other = later * factors if later.dtype.kind == "f" else later[::-1]
            later[:] = other.astype(later.dtype)
        return changed

    def replayed(self, spec: Spec) -> Iterator[Tape]:
        """A new tape, which gets one more of the same bars before each time it is given."""
        tape = Tape(spec)
        tape.told = self.told
        columns = [column[: self.length].tolist() for column in self.columns]
        times = self.times[: self.length].tolist()
        for time, values in zip(times, zip(*columns, strict=True), strict=True):
            tape.append(time, values)
            yield tape

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
        if owner.symbol:
            self["symbol"] = owner.symbol

    def __missing__(self, key: str) -> Any:
        if key == "index":
            return self.owner.index
        raise KeyError(key)


class GrowingData(_Data):  # type: ignore[misc]  # the package has no types
    """`Strategy.data` over a tape: the package's own class, its arrays cut when they are asked for.

    With `window`, only the last so many bars are shown (the prefix that init() sees where a
    lookback is declared). `symbol`: whose bars these are, where there are several.
    """

    def __init__(self, tape: Tape, window: int | None = None, symbol: str = "") -> None:
        self._tape = tape
        self.symbol = symbol
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

    @property
    def first(self) -> int:
        """Number of the first bar that is shown."""
        return self._first

    @property
    def wrote(self) -> bool:
        """Whether init() added columns."""
        return bool(self._extra)

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
