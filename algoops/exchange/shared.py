"""One cash account over one book a symbol: what a strategy on several symbols trades on.

A book is the broker of one symbol; its cash, equity and free margin are those of the account. With
one symbol all is as in that broker alone. With several, at each time:

1. Target weights are traded at the open: first what closes or reduces a position, then what opens
   or enlarges one, in both by the order of the symbols.
2. Other orders, books whose orders at the open go against their position first. Where there may
   not be money for all of them: of all books first what is filled at the open, then what enters
   inside the bar, then what leaves inside it, so that no money is used before it is there.

A symbol without a bar at that time is not filled; it counts with its last close. While a bar is
worked on, the other symbols count with its open: their closes come later.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtesting.backtesting import _OutOfMoneyError

from algoops.exchange.asked import BySymbol, weights_of
from algoops.exchange.book import NotTraded, SymbolBook, against

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from backtesting._util import _Data

    from algoops.exchange.broker import Account

    class Times(Protocol):
        """By time, the numbers of the symbols that have a bar, and of those that are over.

        `members`: the universe's, where there is one.
        """

        due: list[list[int]]
        over: list[list[int]]
        members: list[frozenset[str]] | None


@dataclass(frozen=True)
class Expected:
    """What a weight that waits comes to.

    Attributes:
        closing: units that close or reduce the position; `opening`: that open or enlarge it.
    """

    symbol: str
    weight: float
    closing: int
    opening: int


class SharedAccount:
    """Cash, and the books that use it.

    Attributes:
        cash: account currency.
        books: in the order of the symbols.
        weights: target weights by symbol that wait for the next open.
        members: of the universe now, where there is one: no others can be ordered.
        at_work: books with something to work on at this time, of those that have a bar.
    """

    members: frozenset[str] | None = None

    def __init__(self, cash: float) -> None:
        self.cash = cash
        self.books: list[SymbolBook] = []
        self.weights: dict[str, float] = {}
        self.at_work: list[SymbolBook] = []
        self._seen: Sequence[SymbolBook] = ()
        self._listed: tuple[str, ...] | None = None
        self._worked = 0

    def open(self, data: Mapping[str, _Data], terms: Account) -> BySymbol[SymbolBook]:
        """A book for each symbol.

        Raises:
            ValueError: terms that several symbols can't have.
        """
        if terms.trade_on_close and len(data) > 1:
            raise ValueError(
                "trade_on_close takes one symbol: where a symbol has no next bar, its close would "
                "be long over"
            )
        for symbol, bars in data.items():
            self.books.append(self._book(symbol, bars, terms))
        return self.by_symbol()

    def by_symbol(self) -> BySymbol[SymbolBook]:
        """The books by their symbols."""
        return BySymbol((book.symbol, book) for book in self.books)

    def _book(self, symbol: str, bars: _Data, terms: Account) -> SymbolBook:
        return SymbolBook(symbol, bars, terms, self)

    def with_twin(self, book: SymbolBook, twin: SymbolBook) -> SharedAccount:
        """A copy that has a copy of one of its books."""
        other = copy.copy(self)
        other.books = [twin if own is book else own for own in self.books]
        return other

    def beside(self, book: SymbolBook) -> tuple[float, float]:
        """Profit of the open trades of all other books, and the margin that they use."""
        others = [own for own in self.books if own is not book and own.trades]
        if not others:
            return 0.0, 0.0
        return sum(own.profit for own in others), sum(own.used for own in others)

    @property
    def equity(self) -> float:
        """Cash and all positions, each at its mark."""
        if len(self.books) == 1:
            return self.books[0].equity
        return self.cash + sum(book.profit for book in self.books if book.trades)

    def set_weights(self, asked: Mapping[str, float]) -> dict[str, float]:
        """Trade to these shares of the equity at the next open, and to nothing of all others.

        Where a symbol has no bar then, it is traded at the open of its next one. Replaces what
        still waits of an earlier call.

        Returns:
            The weights as plain numbers.

        Raises:
            TypeError: weights that are no dict, or a weight that is no number.
            ValueError: a weight out of all bounds, or an unknown symbol.
            NotTraded: a weight for a symbol that can't be traded.
        """
        books, weights = self.by_symbol(), weights_of(asked)
        for symbol, weight in weights.items():
            if (why := books[symbol].untraded) and weight:
                raise NotTraded(f"{symbol} is not traded {why}; see self.listed")
        self.weights = {
            symbol: weights.get(symbol, 0.0)
            for symbol, book in books.items()
            if symbol in weights or not book.delisted
        }
        return weights

    def work_on(self, times: Times, at: int) -> None:
        """Work on a time; what symbols held whose last bar was before it is closed first.

        Args:
            times: of all symbols.
            at: which one; the books' data are shown up to it.

        Raises:
            _OutOfMoneyError: as `next`.
        """
        for over in times.over[self._worked : at + 1]:
            for number in over:
                self.books[number].delist()
        self._worked = at + 1
        if times.members is not None:
            self.members = times.members[at]
        due = [self.books[number] for number in times.due[at]]
        self.next(due)
        self._tell(due)

    def _tell(self, seen: Sequence[SymbolBook]) -> None:
        """Have `listed` be of the books that have a bar for the strategy."""
        self._seen, self._listed = seen, None

    @property
    def listed(self) -> tuple[str, ...]:
        """Symbols that have a bar now, as the strategy is told."""
        if self._listed is None:
            self._listed = tuple(book.symbol for book in self._seen if not book.untraded)
        return self._listed

    def finish(self) -> None:
        """Close all trades after the last bar, as `TimedBroker.finish`."""
        self.weights.clear()
        for book in self.books:
            if book.trades or book.orders:
                book.finish()

    def next(self, due: Sequence[SymbolBook]) -> None:
        """Work on one moment.

        Args:
            due: the books that have a bar at it, in the order of the symbols.

        Raises:
            _OutOfMoneyError: as the package's broker; all is closed then.
        """
        self.at_work = [b for b in due if b.orders or b.trades or b.symbol in self.weights]
        for book in self.at_work:
            book.open_bar()
        if self.weights:
            self._trade_to_weights()
        self._fill()
        for book in self.at_work:
            book.close_bar()
        if self.equity <= 0:
            for book in self.books:
                for trade in list(book.trades):
                    book._close_trade(trade, book.last_price, book._i)  # noqa: SLF001  # as the package
            self.cash = 0.0
            raise _OutOfMoneyError

    def _fill(self) -> None:
        waiting = (book for book in self.at_work if book.orders)
        acting = sorted(waiting, key=lambda book: not book.frees())
        if len(acting) > 1 and any(b.reaches_inside() for b in acting) and self._is_scarce(acting):
            parts = [book.in_parts() for book in acting]
            while parts:
                parts = [part for part in parts if next(part, self) is not self]
            return
        for book in acting:
            book._process_orders()  # noqa: SLF001  # what the package's next() calls

    def _is_scarce(self, acting: Sequence[SymbolBook]) -> bool:
        """Whether what one book gets in this bar may depend on what another does in it."""
        others = [book for book in self.books if book.trades and book not in acting]
        free = self.cash + sum(book.least() for book in acting)
        free += sum(book.profit - book.used for book in others)
        leverage: float = self.books[0]._leverage  # noqa: SLF001  # all have the same
        return sum(book.needs() for book in acting) > free * leverage

    def _trade_to_weights(self) -> None:
        """Sizes are of the equity at the opens; what opens gets what is left after all costs."""
        ready = [book for book in self.at_work if book.symbol in self.weights]
        wanted = self._wanted(ready)
        for book in ready:
            del self.weights[book.symbol]
        for book, units in wanted.items():
            less = against(units, book.units)
            if less:
                book.trade_at_open(less)
                wanted[book] -= less
        entering = {book: units for book, units in wanted.items() if units}
        for book, units in _affordable(entering, self._free()).items():
            if units:
                book.trade_at_open(units)

    def _wanted(self, ready: Sequence[SymbolBook]) -> dict[SymbolBook, int]:
        """Units that bring each of these books to its weight at its mark."""
        equity = sum(book.profit for book in self.books if book.trades) + self.cash
        return {
            book: math.trunc(self.weights[book.symbol] * equity / book.mark) - book.units
            for book in ready
        }

    def expected(self) -> list[Expected]:
        """What the weights that wait would trade if the next open were the last close."""
        ready = [b for b in self.books if b.symbol in self.weights and len(b._data)]  # noqa: SLF001  # as above
        for book in ready:
            book.close_bar()  # one that was not at work has an older mark
        wanted = self._wanted(ready)
        less = {book: against(units, book.units) for book, units in wanted.items()}
        freed = sum(book.freed_by(units) for book, units in less.items() if units)
        entering = {book: units - less[book] for book, units in wanted.items()}
        entering = {book: units for book, units in entering.items() if units}
        more = _affordable(entering, self._free(freed))
        return [
            Expected(book.symbol, self.weights[book.symbol], units, more.get(book, 0))
            for book, units in less.items()
        ]

    def _free(self, freed: float = 0.0) -> float:
        """Money that new positions may take: free margin and what is freed, times the leverage."""
        profit = sum(book.profit - book.used for book in self.books if book.trades)
        leverage: float = self.books[0]._leverage  # noqa: SLF001  # all have the same
        return max(0.0, self.cash + profit + freed) * leverage


def _affordable(wanted: dict[SymbolBook, int], free: float) -> dict[SymbolBook, int]:
    """The same units, all made smaller by one factor where there is not money for all."""
    cost = sum(book.cost_of(units) for book, units in wanted.items())
    fixed = sum(book.cost_of(0) for book in wanted)
    while cost > free and any(wanted.values()):
        share = max(0.0, min((free - fixed) / (cost - fixed), 1 - 1e-12))
        wanted = {book: math.trunc(units * share) for book, units in wanted.items()}
        cost = sum(book.cost_of(units) for book, units in wanted.items())
    return wanted
