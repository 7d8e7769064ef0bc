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
from functools import cached_property
from typing import TYPE_CHECKING, Any

from backtesting.backtesting import _OutOfMoneyError

from algoops.exchange.broker import Exchange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from backtesting._util import _Data
    from backtesting.backtesting import Order

    from algoops.exchange.broker import Account

    class Times(Protocol):
        """By time, the numbers of the symbols that have a bar, and of those that are over.

        `members`: the universe's, where there is one.
        """

        due: list[list[int]]
        over: list[list[int]]
        members: list[frozenset[str]] | None


MOST_WEIGHT = 1e6
"""A target weight beyond it is a mistake."""


class NotTraded(ValueError):
    """An order for a symbol that has no bar yet, or none any more, or is in no universe now."""


class SymbolBook(Exchange):
    """The broker of one symbol of a shared account.

    Args:
        symbol: whose it is.
        data: its bars, as far as they are known.
        terms: the account's.
        account: whose cash it uses.

    Attributes:
        mark: price at which the other books see its position.
        delisted: its last bar is over; nothing can be ordered.
    """

    def __init__(self, symbol: str, data: _Data, terms: Account, account: SharedAccount) -> None:
        self._account = account
        self._data = data
        super().__init__(data, terms, 1)
        self.symbol = symbol
        self.mark = 0.0
        self.delisted = False

    @property
    def _cash(self) -> float:
        return self._account.cash

    @_cash.setter
    def _cash(self, cash: float) -> None:
        self._account.cash = cash

    @property
    def equity(self) -> float:
        """The account's, with this symbol at its newest close."""
        own: float = super().equity
        return own + self._account.beside(self)[0]

    @property
    def margin_available(self) -> float:
        """The account's."""
        own: float = super().margin_available  # of an order that acts in time it is all of it
        if self._asked_at is not None and self._stage == "timed":
            return own
        return max(0, own - self._account.beside(self)[1])

    def _beside(self) -> float:
        profit, used = self._account.beside(self)
        return profit - used

    def entries(self) -> int:
        """Of all symbols."""
        return sum(Exchange.entries(book) for book in self._account.books)

    def new_order(self, size: float, *prices: Any, **options: Any) -> Order:  # noqa: D102  # as the exchange's
        if self.untraded:
            raise NotTraded(f"{self.symbol} is not traded {self.untraded}")
        order = super().new_order(size, *prices, **options)
        order.symbol = self.symbol
        return order

    @property
    def untraded(self) -> str:
        """Why nothing can be ordered for it now, and since when; "" where it can."""
        if self.delisted:
            return "any more: its last bar is over"
        if not len(self._data):
            return "yet: it has no bar"
        members = self._account.members
        return "" if members is None or self.symbol in members else "now: it is not in the universe"

    def _open_trade(self, *args: Any) -> None:
        super()._open_trade(*args)
        self.trades[-1].symbol = self.symbol

    def next(self) -> None:
        """Work on this symbol's newest bar alone."""
        self._account.next([self])

    def open_bar(self) -> None:
        """A new bar is there."""
        self.__dict__.pop("_position_unrealized_pl", None)  # as the package at each bar
        self._i = len(self._data) - 1
        self.mark = float(self._data._current_value("Open"))  # noqa: SLF001  # as the package reads it

    def close_bar(self) -> None:
        """The bar is over."""
        self.mark = float(self.last_price)

    def _trades_cache_clear(self) -> None:
        super()._trades_cache_clear()
        self.__dict__.pop("_held", None)

    @cached_property
    def _held(self) -> tuple[int, int, float]:
        """Units of the position, units of all trades, and what was paid for the position."""
        sizes = [int(trade.size) for trade in self.trades]
        paid = sum(trade.size * trade.entry_price for trade in self.trades)
        return sum(sizes), sum(map(abs, sizes)), float(paid)

    @property
    def units(self) -> int:
        """The position's, signed."""
        return self._held[0]

    @property
    def profit(self) -> float:
        """Of the open trades at `mark`."""
        return self._profit_at(self.mark)

    @property
    def used(self) -> float:
        """Margin that the open trades use at `mark`."""
        return self._used_at(self.mark)

    def _profit_at(self, price: float) -> float:
        units, _, paid = self._held
        return units * price - paid

    def _used_at(self, price: float) -> float:
        leverage: float = self._leverage
        return self._held[1] * price / leverage

    def frees(self) -> bool:
        """Whether an order at the open goes against the position."""
        units = self.units
        return any(
            order.size * units < 0 for order in self.orders if not (order.stop or order.limit)
        )

    def reaches_inside(self) -> bool:
        """Whether an order may be filled, or a filled one may leave, inside the bar."""
        prices = (o for o in self.orders if o.stop or o.limit or o.sl or o.tp)
        return any(self._acts(order) for order in prices)

    def needs(self) -> float:
        """The most money that entries of this bar may take; without end where they take a share."""
        entries = [o for o in self.orders if o.parent_trade is None and self._acts(o)]
        if any(abs(order.size) < 1 for order in entries):
            return math.inf
        dearest = self._data._current_value("High") * (1 + self._spread)  # noqa: SLF001  # as above
        costs = sum(self._commission(order.size, dearest) for order in entries)
        return float(sum(abs(order.size) for order in entries) * dearest + costs)

    def least(self) -> float:
        """What the position adds to the free margin at the worst price of this bar."""
        bar = self._data
        prices = [float(bar._current_value(name)) for name in ("Low", "High")]  # noqa: SLF001  # as above
        return min(self._profit_at(price) - self._used_at(price) for price in prices)

    def trade_at_open(self, units: int) -> None:
        """Close, reduce, open or enlarge the position by so many units, at this bar's open."""
        price = self.mark
        for trade in list(self.trades):
            if not units:
                return
            if trade.size * units < 0:
                part = _against(units, int(trade.size))
                self._reduce_trade(trade, price, part, self._i)
                units -= part
        if units:
            adjusted = self._adjusted_price(units, price)
            self._open_trade(adjusted, units, None, None, self._i, None)

    def cost_of(self, units: int) -> float:
        """Money that so many more units take at the open, with costs (margin 1)."""
        price = self._adjusted_price(units, self.mark)
        return float(abs(units) * price + self._commission(units, self.mark))

    def delist(self) -> None:
        """Its last bar is over: close what is open at its last close, and drop its orders."""
        self.__dict__.pop("_position_unrealized_pl", None)
        for trade in list(self.trades):
            self._close_trade(trade, self.last_price, self._i)
        self.orders.clear()
        self._account.weights.pop(self.symbol, None)
        self.delisted = True

    def _twin(self) -> SymbolBook:
        twin: Any = super()._twin()
        twin._account = self._account.with_twin(self, twin)  # noqa: SLF001  # a copy of itself
        own: SymbolBook = twin
        return own


class SharedAccount:
    """Cash, and the books that use it.

    Attributes:
        cash: account currency.
        books: in the order of the symbols.
        weights: target weights by symbol that wait for the next open.
        members: of the universe now, where there is one: no others can be ordered.
        listed: symbols that have a bar now, as the strategy is told.
    """

    members: frozenset[str] | None = None

    def __init__(self, cash: float) -> None:
        self.cash = cash
        self.books: list[SymbolBook] = []
        self.weights: dict[str, float] = {}
        self.listed: tuple[str, ...] = ()
        self._worked = 0

    def open(self, data: Mapping[str, _Data], terms: Account) -> dict[str, SymbolBook]:
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
        return {book.symbol: book for book in self.books}

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

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """Trade to these shares of the equity at the next open, and to nothing of all others.

        Where a symbol has no bar then, it is traded at the open of its next one. Replaces what
        still waits of an earlier call.

        Raises:
            ValueError: a weight that is no number, or an unknown symbol.
            NotTraded: a weight for a symbol that can't be traded.
        """
        books = {book.symbol: book for book in self.books}
        for symbol, weight in weights.items():
            if symbol not in books:
                raise ValueError(f"no symbol {symbol!r} here: there are {', '.join(books)}")
            if not abs(weight) <= MOST_WEIGHT:
                raise ValueError(f"the weight of {symbol} must be a number, found {weight}")
            if weight and (why := books[symbol].untraded):
                raise NotTraded(f"{symbol} is not traded {why}; see self.listed")
        self.weights = {
            symbol: float(weights.get(symbol, 0.0))
            for symbol, book in books.items()
            if symbol in weights or not book.delisted
        }

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
        self.listed = tuple(book.symbol for book in due if not book.untraded)

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
        for book in due:
            book.open_bar()
        if self.weights:
            self._trade_to_weights(due)
        self._fill(due)
        for book in due:
            book.close_bar()
        if self.equity <= 0:
            for book in self.books:
                for trade in list(book.trades):
                    book._close_trade(trade, book.last_price, book._i)  # noqa: SLF001  # as the package
            self.cash = 0.0
            raise _OutOfMoneyError

    def _fill(self, due: Sequence[SymbolBook]) -> None:
        acting = sorted((book for book in due if book.orders), key=lambda book: not book.frees())
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

    def _trade_to_weights(self, due: Sequence[SymbolBook]) -> None:
        """Sizes are of the equity at the opens; what opens gets what is left after all costs."""
        ready = [book for book in due if book.symbol in self.weights]
        weights = {book.symbol: self.weights.pop(book.symbol) for book in ready}
        equity = sum(book.profit for book in self.books if book.trades) + self.cash
        wanted = {
            book: math.trunc(weights[book.symbol] * equity / book.mark) - book.units
            for book in ready
        }
        for book, units in wanted.items():
            less = _against(units, book.units)
            if less:
                book.trade_at_open(less)
                wanted[book] -= less
        entering = {book: units for book, units in wanted.items() if units}
        for book, units in _affordable(entering, self._free()).items():
            if units:
                book.trade_at_open(units)

    def _free(self) -> float:
        """Money that new positions may take: free margin, times the leverage."""
        profit = sum(book.profit - book.used for book in self.books if book.trades)
        leverage: float = self.books[0]._leverage  # noqa: SLF001  # all have the same
        return max(0.0, self.cash + profit) * leverage


def _against(units: int, held: int) -> int:
    """The part of an order that goes against a position."""
    return 0 if units * held >= 0 else int(math.copysign(min(abs(units), abs(held)), units))


def _affordable(wanted: dict[SymbolBook, int], free: float) -> dict[SymbolBook, int]:
    """The same units, all made smaller by one factor where there is not money for all."""
    cost = sum(book.cost_of(units) for book, units in wanted.items())
    fixed = sum(book.cost_of(0) for book in wanted)
    while cost > free and any(wanted.values()):
        share = max(0.0, min((free - fixed) / (cost - fixed), 1 - 1e-12))
        wanted = {book: math.trunc(units * share) for book, units in wanted.items()}
        cost = sum(book.cost_of(units) for book, units in wanted.items())
    return wanted
