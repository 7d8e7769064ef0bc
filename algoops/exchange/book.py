"""The broker of one symbol of a shared account."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

from algoops.exchange.broker import Exchange

if TYPE_CHECKING:
    from backtesting._util import _Data
    from backtesting.backtesting import Order

    from algoops.exchange.broker import Account
    from algoops.exchange.shared import SharedAccount


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
        mark: price at which the other books see its position; older where it has none.
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
        return sum(sizes), sum(map(abs, sizes)), self._paid

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
                part = against(units, int(trade.size))
                self._reduce_trade(trade, price, part, self._i)
                units -= part
        if units:
            adjusted = self._adjusted_price(units, price)
            self._open_trade(adjusted, units, None, None, self._i, None)

    def cost_of(self, units: int) -> float:
        """Money that so many more units take at the open, with costs (margin 1)."""
        price = self._adjusted_price(units, self.mark)
        return float(abs(units) * price + self._commission(units, self.mark))

    def freed_by(self, units: int) -> float:
        """Margin that closing so many units at the mark sets free, less what that costs."""
        used: float = abs(units) * self.mark / self._leverage
        return used - float(self._commission(units, self.mark))

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


def against(units: int, held: int) -> int:
    """The part of an order that goes against a position."""
    return 0 if units * held >= 0 else int(math.copysign(min(abs(units), abs(held)), units))
