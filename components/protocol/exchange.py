"""Orders as values: recorded on one end, replayed on the other.

Both ends run the one broker (`algoops.exchange`) on the same bars and the same orders, so that
their lists of orders and trades stay equal and a position in a list names an order or a trade on
either end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from components.protocol.messages import (
    CancelOrder,
    Close,
    OfSymbol,
    Op,
    PlaceOrder,
    Protect,
    Weights,
)

if TYPE_CHECKING:
    from algoops.exchange.book import SymbolBook
    from algoops.exchange.broker import Exchange
    from algoops.exchange.shared import SharedAccount

TAG_CAP = 200
_REFUSED = (ValueError, AssertionError)
"""What the package raises for an order that it does not take."""


class Impossible(Exception):
    """An order that no honest guest sends; says what is wrong with it."""


def replay(broker: Exchange, op: Op) -> None:
    """Do on `broker` what the strategy did on its mirror.

    An order that the package refuses is refused here in the same way, with the same side
    effects, and silently: its author has seen the exception already.

    Raises:
        Impossible: a number that is not finite, or an order or trade that does not exist.
    """
    try:
        _do(broker, op)
    except _REFUSED:
        return


def replay_shared(account: SharedAccount, op: Op) -> None:
    """As `replay`, on the account of several symbols.

    Raises:
        Impossible: as `replay`; or an order for a symbol that is not there, or not traded now.
    """
    match op:
        case OfSymbol(symbol, of_book):
            book = _book(account, symbol)
            if isinstance(of_book, PlaceOrder) and book.untraded:
                raise Impossible(f"an order for {book.symbol}, not traded {book.untraded}")
            replay(book, of_book)
        case Weights(symbols, weights):
            _check(*weights)
            if len(symbols) != len(weights) or len(set(symbols)) != len(symbols):
                raise Impossible("weights that belong to no symbol, or two to one")
            books = [_book(account, symbol) for symbol in symbols]
            try:
                account.set_weights({b.symbol: w for b, w in zip(books, weights, strict=True)})
            except ValueError as error:
                raise Impossible(str(error)) from error
        case _:
            raise Impossible("an order that names no symbol")


def _book(account: SharedAccount, symbol: int) -> SymbolBook:
    if not 0 <= symbol < len(account.books):
        raise Impossible(f"an order for a symbol that is not there (number {symbol})")
    return account.books[symbol]


def _do(broker: Exchange, op: Op) -> None:
    match op:
        case PlaceOrder(size, limit, stop, sl, tp, tag):
            _check(size, limit, stop, sl, tp)
            if size == 0 or (abs(size) >= 1 and size != round(size)):
                raise Impossible(f"an order of size {size}")
            broker.new_order(size, limit, stop, sl, tp, tag and tag[:TAG_CAP])
        case CancelOrder(order):
            _at(broker.orders, order).cancel()
        case Close(trade, settled, portion):
            _check(portion)
            _at(broker.closed_trades if settled else broker.trades, trade).close(portion)
        case Protect(trade, settled, kind, price):
            _check(price)
            named = _at(broker.closed_trades if settled else broker.trades, trade)
            setattr(named, kind, price)
        case _:
            raise Impossible("an order for one of several symbols: there is one")


def _check(*numbers: float | None) -> None:
    if not all(number is None or math.isfinite(number) for number in numbers):
        raise Impossible("an order with a number that is not finite")


def _at(items: list[Any], position: int) -> Any:
    if not 0 <= position < len(items):
        raise Impossible(f"an order or trade that does not exist (position {position})")
    return items[position]
