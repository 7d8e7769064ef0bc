"""The account that counts where one strategy trades several symbols: as `ledger` for one."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from backtesting._util import _Data
from backtesting.backtesting import _OutOfMoneyError

from algoops.exchange.book import SymbolBook
from algoops.exchange.following import Following
from algoops.exchange.shared import SharedAccount
from algoops.exchange.undecided import nobody_knows
from algoops.statistics import AccountCurve, account_statistics
from components.engine.band import Ends
from components.engine.broker import (
    MAX_TRADES,
    MAX_WAITING,
    Label,
    TooManyOrders,
    WatchedBroker,
    check_count,
)
from components.engine.joined import check_settings
from components.engine.ledger import account_of
from components.engine.order_findings import Orders
from components.engine.portfolio_band import AccountEnd
from components.engine.requests import Requests
from components.protocol.exchange import replay_shared
from components.protocol.messages import OfSymbol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from algoops.exchange.broker import Account
    from algoops.exchange.fills import Correction
    from algoops.exchange.undecided import Decide, UndecidedTrade
    from algoops.timeline import Timeline
    from components.engine.broker import Watch
    from components.engine.joined import JoinedBars
    from components.engine.sheets import Sheets
    from components.protocol.messages import Decided, Op
    from components.schema.definition.backtest import BacktestConfig

TRADES_A_BAR = 2
"""Trades beside `MAX_TRADES` for each bar of each symbol: daily rebalancing makes one."""


class LedgerBook(WatchedBroker, SymbolBook):
    """A symbol's book in the account that counts."""

    _account: LedgerAccount

    def __init__(self, symbol: str, data: _Data, terms: Account, account: LedgerAccount) -> None:
        self._watch = account.watch
        self.heard = []
        super().__init__(symbol, data, terms, account)

    def _count(self) -> None:
        self._account.count()

    def fork(self, account: LedgerAccount, decide: Decide) -> LedgerBook:
        """A copy in a copy of the account; `decide`: what a bar leaves open."""
        twin: Any = self._twin()
        twin._account, twin.decide = account, decide  # noqa: SLF001  # a copy of itself
        twin.closed_trades = list(self.closed_trades)
        twin.corrections, twin.asked, twin.heard = [], [], []
        own: LedgerBook = twin
        return own


@dataclass
class AccountClock:
    """Which of all times is worked on, and how many are over; copies of an account share it."""

    timeline: Timeline
    at: int = 0
    moments: int = 0

    @property
    def turn(self) -> int:
        """See `MomentClock`."""
        return self.moments


class LedgerBars(Following, _Data):  # type: ignore[misc]  # the package has no types
    """A symbol's bars up to the account's clock."""


class LedgerAccount(SharedAccount):
    """The shared account of watched books.

    Args:
        cash: account currency.
        watch: see `Ledger`.
        most: trades that it may have made.
        clock: the time that is worked on.

    Attributes:
        curve: what it was worth at each time, NaN where it was not worked on.
    """

    books: list[LedgerBook]

    def __init__(self, cash: float, watch: Watch, most: int, clock: AccountClock) -> None:
        super().__init__(cash)
        self.watch = watch
        self._most = most
        self._clock = clock
        self.curve: np.ndarray[Any, Any] = np.full(len(clock.timeline.index), np.nan)

    def work(self) -> None:
        """Work on the clock's time, and note what the account is worth then."""
        at = self._clock.at
        try:
            self.work_on(self._clock.timeline, at)
        finally:
            self.curve[at] = self.equity

    def finish(self) -> None:
        """Close all, and note what the account is worth then."""
        super().finish()
        self.curve[self._clock.at] = self.equity

    def may_ask(self) -> bool:
        """Whether a bar of this time, not gone through yet, may leave something open."""
        due = (self.books[n] for n in self._clock.timeline.due[self._clock.at])
        return any(book.orders and book.may_ask() for book in due)

    @property
    def asked(self) -> Iterator[UndecidedTrade]:
        """What bars left open so far, by symbol."""
        return (one for book in self.books for one in book.asked)

    def fork(self, decide: Decide) -> LedgerAccount:
        """A copy that goes its own way from here on, on the same data."""
        other = copy.copy(self)
        other.weights, other.curve = dict(self.weights), self.curve.copy()
        other.books = [book.fork(other, decide) for book in self.books]
        return other

    def _book(self, symbol: str, bars: _Data, terms: Account) -> SymbolBook:
        return LedgerBook(symbol, bars, terms, self)

    def count(self) -> None:
        """Raises TooManyOrders for more trades than any strategy needs."""
        if sum(len(book.closed_trades) + len(book.trades) for book in self.books) > self._most:
            raise TooManyOrders(f"more than {self._most} trades on {len(self.books)} symbols")


class PortfolioLedger:
    """The shared account on the trusted side; its bars are the times of all symbols.

    Args:
        joined: the bars, in the units that are traded.
        config: the backtest's.
        watch: see `Ledger`.
        unit: what is traded whole numbers of, in units of the assets.

    Attributes:
        start: first time at which the strategy traded, or None.
        broke: True when the account ran out of money; nothing happens after that.

    Raises:
        UserError: a configuration that several symbols cannot have.
    """

    detailed = False
    sheets: Sheets | None = None

    def __init__(
        self, joined: JoinedBars, config: BacktestConfig, watch: Watch, unit: float = 1.0
    ) -> None:
        check_settings(config, len(joined.frames))
        self._joined = joined
        self._config = config
        self._watch = watch
        frames = joined.frames
        terms = account_of(config, unit)
        most = MAX_TRADES + TRADES_A_BAR * sum(map(len, frames.values()))
        self._clock = clock = AccountClock(joined.timeline)
        self._account = LedgerAccount(terms.cash, watch, most, clock)
        pairs = ((s, frame, joined.timeline.places[s]) for s, frame in frames.items())
        data = {s: LedgerBars(clock, places, frame) for s, frame, places in pairs}
        self._account.open(data, terms)
        self._ends = Ends(nobody_knows, AccountEnd)
        self._heard: list[tuple[int, str]] = []
        self._requests = Requests()
        self.start: int | None = None
        self.broke = False

    def begin(self, bar: int, first: Sequence[Op]) -> None:
        """Trading starts at the time `bar`, with these orders from init()."""
        self.start = bar
        self._clock.moments = bar + 1
        self.apply(first)

    def bar(self, bar: int, *, alone: bool = False) -> Sequence[Decided]:  # noqa: ARG002  # as Ledger's
        """Fill what can be filled at the time `bar` and log the equity; no finer bars are asked."""
        self._go_to(bar)
        self._ends.before(self._account)
        try:
            self._account.work()
        except _OutOfMoneyError:
            self.broke = True
        self._ends.after(self._account)
        for book in self._account.at_work:
            self._heard += [(bar, words) for words in book.heard]
            book.heard.clear()
        return ()

    def rest(self, bar: int, until: int) -> int:  # noqa: ARG002  # as Ledger's
        """Nothing is worked on in one step: see `Ledger.rest`."""
        return bar

    def _go_to(self, bar: int) -> None:
        """Show one more time."""
        self._clock.at, self._clock.moments = bar, max(bar + 1, self._clock.moments)

    def apply(self, ops: Sequence[Op]) -> None:
        """Take a strategy's orders. Raises as `Ledger.apply`."""
        check_count(ops)
        for op in ops:
            self._watch()
            self._requests.note(self._clock.moments, op)
            if isinstance(op, OfSymbol) and 0 <= op.symbol < len(self._account.books):
                self._account.books[op.symbol].number += 1
            for end in self._ends.ends:
                end.apply(op, self._account)
            replay_shared(self._account, op)
            if sum(len(book.orders) for book in self._account.books) > MAX_WAITING:
                raise TooManyOrders(f"more than {MAX_WAITING} orders wait at once")

    def end_bar(self, bar: int) -> None:
        """The fills of `bar` are made and its orders are in."""
        if self.sheets is not None:
            account, asked = self._account, self.requests_sha256()
            self.sheets.note(bar, account.books, account.equity, asked, account.expected)

    def settle(self) -> pd.Series[Any]:
        """Close what is open where the configuration says so; the account's statistics."""
        moments = self._joined.moments
        for bar in range(self._clock.moments if self._ends.ends else moments, moments):
            self._go_to(bar)
            self._ends.after(self._account)
        self._clock.at, self._clock.moments = moments - 1, moments
        if self._config.finalize_trades and self.start is not None:
            self._ends.finish()
            if not self.broke:
                try:
                    self._account.finish()
                except _OutOfMoneyError:
                    self.broke = True
        return self._statistics(self._account)

    def _statistics(self, account: LedgerAccount) -> pd.Series[Any]:
        for book in account.books:
            for trade in book.closed_trades:
                if isinstance(trade.tag, Label):
                    trade._replace(tag=trade.tag.text)  # as the package's own code
        joined, free = self._joined, self._config.risk_free_rate
        start = self.start if self.start is not None else joined.moments
        curve = AccountCurve(account.curve[: joined.moments], start, account.cash, free)
        return account_statistics(account.books, joined.timeline, joined.frames, curve)

    def undecided(self) -> Sequence[UndecidedTrade]:
        """What single bars left open, the first one first; to be asked for after `settle`."""
        found = [
            replace(one, bar=self._place(book, one.bar))
            for book in self._account.books
            for one in book.asked
        ]
        return sorted(found, key=lambda one: one.bar)

    def ends(self) -> tuple[pd.Series[Any] | None, ...]:
        """As `Ledger.ends`."""
        return tuple(None if end.lost else self._statistics(end.broker) for end in self._ends.ends)

    def orders(self) -> Orders:
        """What became of the orders; to be asked for after `settle`."""
        open_ones = sum(len(book.trades) for book in self._account.books)
        closed = sum(len(book.closed_trades) for book in self._account.books)
        return Orders(
            heard=tuple(self._heard),
            asked=self._requests.orders,
            counted=self._requests.counted,
            weighted=self._requests.weighted,
            trades=open_ones + closed,
            left=open_ones,
            start=self.start,
        )

    def requests_sha256(self) -> str:
        """SHA-256 (hex) of all that the strategy asked for, each request with its time."""
        return self._requests.sha256()

    def corrections(self) -> Sequence[Correction]:
        """Times at which plain fills would have been others, the first one first."""
        found = [
            replace(one, bar=self._place(book, one.bar))
            for book in self._account.books
            for one in book.corrections
        ]
        return sorted(found, key=lambda one: one.bar)

    def _place(self, book: SymbolBook, bar: int) -> int:
        return int(self._joined.timeline.places[book.symbol][bar])
