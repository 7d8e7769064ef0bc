"""Several symbols on one account in the guest: what `market` and `recorder` are for one."""

from __future__ import annotations

import copy
from array import array
from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from algoops import PortfolioStrategy
from algoops.exchange.asked import BySymbol
from algoops.exchange.book import SymbolBook
from algoops.exchange.following import Following
from algoops.exchange.shared import SharedAccount
from components.protocol.messages import OfSymbol, Weights
from components.sandbox.guest.replay import rehearsal
from components.sandbox.guest.replay.market import GrowingData, Tape
from components.sandbox.guest.replay.recorder import RecordingBroker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd
    from backtesting._util import _Data

    from algoops.exchange.broker import Account
    from components.protocol.messages import BookOp, MarketMoment, MomentBlock, Op, Spec

PATIENCE_BARS = 300
"""Bars of a symbol that is listed late with which an indicator may still fail for their number."""


class Tapes:
    """A tape for each symbol, and which of them have a bar at which moment.

    Attributes:
        due: by moment the numbers of the symbols that have a bar.
        over: by moment those whose last bar was before it, and are traded no more.
        moments: by symbol the moments of its bars.
        members: by moment the universe's members, where there is one.
    """

    members: list[frozenset[str]] | None = None

    def __init__(self, spec: Spec) -> None:
        self.symbols = [listing.symbol for listing in spec.listings]
        self.tapes = [Tape(_alone(spec, number)) for number in range(len(spec.listings))]
        self.due: list[list[int]] = []
        self.over: list[list[int]] = []
        self.moments = [array("i") for _ in self.tapes]

    @property
    def length(self) -> int:
        """How many moments there are."""
        return len(self.due)

    def take(self, moment: MarketMoment) -> None:
        """Take the bars of one more moment."""
        for number, values in zip(moment.symbols, moment.values, strict=True):
            self.tapes[number].append(moment.time, values)
            self.moments[number].append(len(self.due))
        self.due.append(moment.symbols)
        self.over.append(moment.over)
        self._grow(moment.members)

    def _grow(self, members: list[int] | None) -> None:
        """Note who is a member at one more moment."""
        if members is not None:
            known = frozenset(self.symbols[number] for number in members)
            self.members = [*(self.members or ()), known]
        elif self.members is not None:
            self.members.append(self.members[-1])

    def take_block(self, block: MomentBlock) -> None:
        """Take many moments at once."""
        start = len(self.due)
        self.due += [[] for _ in range(block.moments)]
        self.over += [[] for _ in range(block.moments)]
        for number, (tape, part) in enumerate(zip(self.tapes, block.symbols, strict=True)):
            tape.extend(np.frombuffer(part.times, "<i8"), tape.read(part.columns))
            moments = np.frombuffer(part.places, "<i4") + start
            self.moments[number].frombytes(moments.astype("i4").tobytes())
            for moment in moments.tolist():
                self.due[moment].append(number)
        for moment, number in block.over:
            self.over[start + moment].append(number)
        changes = dict(block.members)
        for moment in range(block.moments):
            self._grow(changes.get(moment))

    def view(self, window: int | None = None) -> Views:
        """The bars as a strategy sees them, growing."""
        return Views(self, window)

    def whole(self, length: int) -> Views:
        """The first `length` moments, all at once."""
        data = Views(self, None)
        data.show(length)
        return data

    def mirror(self, market: Views, spec: Spec) -> PortfolioMirror:
        """The account of a strategy that trades on these bars."""
        return PortfolioMirror(market, spec)

    def idle(self, data: Views, account: Account) -> IdleAccount:
        """The account of instances that do not trade."""
        idle = IdleAccount(account.cash)
        idle.open(data, account)
        return idle

    def changed(self, start: int) -> Tapes:
        """The same bars with other prices and volumes from a moment on."""
        changed = copy.copy(self)
        pairs = zip(self.tapes, self.moments, strict=True)
        changed.tapes = [tape.changed(bisect_left(moments, start)) for tape, moments in pairs]
        return changed

    def replayed(self, spec: Spec) -> Iterator[Tapes]:
        """New tapes, which get one more of the same moments before each time they are given."""
        new = Tapes(spec)
        rows = [
            zip(*(column[: tape.length].tolist() for column in tape.columns), strict=True)
            for tape in self.tapes
        ]
        for due, over in zip(self.due, self.over, strict=True):
            for number in due:
                new.moments[number].append(len(new.due))
                time = self.tapes[number].times[new.tapes[number].length]
                new.tapes[number].append(int(time), next(rows[number]))
            new.due.append(due)
            new.over.append(over)
            new.members = self.members
            yield new

    def made_up(self, spec: Spec) -> Tapes:
        """Made-up bars of all symbols, a day apart."""
        made = Tapes(spec)
        times = rehearsal.times(spec.index_dtype)
        for number, (tape, listing) in enumerate(zip(made.tapes, spec.listings, strict=True)):
            tape.extend(times, rehearsal.columns(listing.columns, number))
        made.moments = [array("i", range(len(times))) for _ in made.tapes]
        made.due = [list(range(len(made.tapes)))] * len(times)
        made.over = [[]] * len(times)
        return made


def _alone(spec: Spec, number: int) -> Spec:
    """The spec of one symbol's tape."""
    own = spec.listings[number]
    return msgspec.structs.replace(
        spec, columns=own.columns, index_name=own.index_name, pip=own.pip, listings=()
    )


class SymbolView(Following, GrowingData):
    """The bars of one of several symbols, as many as its `Views` show."""

    @property
    def first(self) -> int:
        """As `GrowingData`'s."""
        self._follow()
        return self._first

    @property
    def df(self) -> pd.DataFrame:
        """As `GrowingData`'s."""
        self._follow()
        return super().df

    @property
    def index(self) -> pd.DatetimeIndex:
        """As `GrowingData`'s."""
        self._follow()
        return super().index

    def _update(self) -> None:
        self._follow()
        super()._update()

    def adopt(self, other: GrowingData) -> None:
        """As `GrowingData`'s."""
        self._follow()
        super().adopt(other)


class Views(BySymbol[SymbolView]):
    """`PortfolioStrategy.data` over tapes: the bars so far of each symbol.

    Attributes:
        moments: how many are shown; `turn`: how often that was said.
        first: bars are counted from the first moment, whatever `window` hides.
    """

    first = 0

    def __init__(self, tapes: Tapes, window: int | None) -> None:
        pairs = zip(tapes.symbols, tapes.tapes, tapes.moments, strict=True)
        super().__init__({s: SymbolView(self, m, tape, window, s) for s, tape, m in pairs})
        self._tapes = tapes
        self._views = list(self.values())
        self._numbers = {symbol: number for number, symbol in enumerate(tapes.symbols)}
        self.moments = self.turn = 0

    def show(self, moments: int) -> None:
        """Show the first so many moments."""
        self.moments = moments
        self.turn += 1

    _set_length = show

    @property
    def times(self) -> Tapes:
        """Who has a bar when."""
        return self._tapes

    def moments_of(self, symbol: str) -> array[int]:
        """The moments of the bars of a symbol that are shown."""
        number = self._numbers[symbol]
        view = self._views[number]
        return self._tapes.moments[number][view.first : view.first + len(view)]

    def is_late(self, symbol: str) -> bool:
        """Whether it has no bar at the first moment."""
        moments = self._tapes.moments[self._numbers[symbol]]
        return not moments or moments[0] > 0

    def _update(self) -> None:
        for view in self._views:
            view._update()  # noqa: SLF001  # as the package does after init()

    def adopt(self, other: Views) -> None:
        """As `GrowingData.adopt`, of each symbol."""
        for own, its in zip(self._views, other._views, strict=True):
            if its.wrote:
                own.adopt(its)


class RecordedBook(RecordingBroker, SymbolBook):
    """A symbol's book in the strategy's own account."""

    _account: PortfolioMirror

    def __init__(self, symbol: str, data: _Data, terms: Account, account: PortfolioMirror) -> None:
        self._number = len(account.books)
        self._late = account.late > 0
        super().__init__(symbol, data, terms, account)

    @property
    def depth(self) -> int:
        """Above zero while the account itself is at work."""
        return self._account.depth

    @depth.setter
    def depth(self, depth: int) -> None:
        self._account.depth = depth

    def note(self, op: BookOp) -> None:  # noqa: D102  # as RecordingBroker's
        self._account.ops.append(OfSymbol(self._number, op))


class PortfolioMirror(SharedAccount):
    """The strategy's own account: real, deterministic, and of no weight.

    Attributes:
        late: moments by which the strategy sees each later than its orders are worked on.
        ops: what was asked for since it was last emptied.
        depth: see `RecordedBook`.
    """

    def __init__(self, market: Views, spec: Spec) -> None:
        super().__init__(spec.account.cash)
        self._market = market
        self.late = spec.delay
        self.ops: list[Op] = []
        self.depth = 0
        self.open(market, spec.account)

    def _book(self, symbol: str, bars: _Data, terms: Account) -> SymbolBook:
        return RecordedBook(symbol, bars, terms, self)

    def work(self, moment: int) -> None:
        """Process a moment, up to which the data are shown."""
        self.depth += 1
        try:
            self.work_on(self._market.times, moment)
        finally:
            self.depth -= 1
        if self.late:
            self._tell(
                [self.books[number] for number in self._market.times.due[moment - self.late]]
            )

    def set_weights(self, asked: Mapping[str, float]) -> dict[str, float]:
        """As the account's; noted when they are taken."""
        weights = super().set_weights(asked)
        numbers = {book.symbol: number for number, book in enumerate(self.books)}
        self.ops.append(Weights([numbers[symbol] for symbol in weights], list(weights.values())))
        return weights

    def take(self) -> list[Op]:
        """What was asked for since the last call."""
        ops, self.ops = self.ops, []
        return ops


class IdleAccount(SharedAccount):
    """What instances have that are made to look at their init(): nothing is filled."""

    def on(self, data: Views) -> IdleAccount:
        """The same one over other data."""
        for book, bars in zip(self.books, data.values(), strict=True):
            book._data = bars  # noqa: SLF001  # as `IdleBroker`
        return self

    def forget(self) -> None:
        """Drop what init() ordered."""
        self.weights.clear()
        for book in self.books:
            if book.orders:
                book.orders.clear()


def install() -> None:
    """Have indicators of symbols that were listed late be empty while there are few bars.

    In a notebook init() sees all bars, so no author thinks of a symbol with three of them.
    """
    original: Callable[..., Any] = PortfolioStrategy._values  # noqa: SLF001  # the author's package

    def values(self: Any, symbol: str, name: str, func: Callable[[], Any]) -> Any:
        try:
            return original(self, symbol, name, func)
        except Exception:
            bars = len(self.data[symbol])
            if bars >= PATIENCE_BARS or not self.data.is_late(symbol):
                raise
            return np.full(bars, np.nan)

    setattr(PortfolioStrategy, "_values", values)  # noqa: B010  # mypy: a method is replaced


class Carried:
    """A living strategy's indicators, which get their values from those of fresh instances.

    Args:
        living: the instance that trades, after its init().
        extended: how a held array is made longer where a re-evaluation sees a window only (path,
            held, fresh, bars); None: it sees all bars.
    """

    def __init__(
        self, living: PortfolioStrategy, extended: Callable[..., Any] | None = None
    ) -> None:
        self._own = dict(_keyed(living))
        self._extended = extended

    def take(self, fresh: PortfolioStrategy) -> None:
        """Have the values of a fresh instance's; each is found by symbol, name and turn."""
        for key, indicator in _keyed(fresh):
            own = self._own.get(key)
            if own is None:
                continue
            values = indicator._values  # noqa: SLF001  # the author's package
            if self._extended is not None:
                bars = len(own)
                longer = partial(self._extended, repr(key), own._values)  # noqa: SLF001  # as above
                values = longer(values, bars) if values.shape[-1] < bars else values
            own._values = values  # noqa: SLF001  # as above


def _keyed(strategy: PortfolioStrategy) -> Iterator[tuple[tuple[str, str, int], Any]]:
    turns: dict[tuple[str, str], int] = {}
    for symbol, indicator in strategy._indicators:  # noqa: SLF001  # the author's package
        key = symbol, str(indicator._values.name)  # noqa: SLF001  # as above
        turns[key] = turns.get(key, -1) + 1
        yield (*key, turns[key]), indicator
