"""What a strategy wants after each of the last bars, read from the broker when the bar is over."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from components.engine.broker import Label
from components.engine.data.prefix import moments, prefixes
from components.engine.requests import Requests
from components.schema.results.orders import OrderSheet, PaperFill, WantedOrder
from components.texts import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from algoops.exchange.broker import Exchange
    from algoops.exchange.shared import Expected
    from components.ports import Bars

Entry = tuple[int, float, int]
"""Bar and price at which trades were opened, and 1 or -1: long or short."""


@dataclass(frozen=True)
class _Kept:
    """What stands of a sheet when a bar is over."""

    orders: tuple[WantedOrder, ...]
    fills: tuple[PaperFill, ...]
    positions: Mapping[str, float]
    equity: float
    asked: str


class Sheets:
    """Notes, from a bar on, what waits on the exchange when that bar is over.

    Args:
        bars: all that the run is made on, as the data has them; of a portfolio side by side.
        since: nanoseconds since 1970; the last bar is always noted.
        unit: what the exchange counts whole numbers of, in units of the asset.
        finer: bars that decide fills, or None.
    """

    def __init__(self, bars: Bars, since: int, unit: float, finer: Bars | None) -> None:
        self._frame = bars.frame
        self._finer = None if finer is None else finer.frame
        self._times = moments(bars.frame)
        self._unit = unit
        self.first = min(int(self._times.searchsorted(since)), len(self._times) - 1)
        self._kept: dict[int, _Kept] = {}
        self._before: dict[str, tuple[int, Counter[Entry]]] = {}

    def note(
        self,
        bar: int,
        books: Sequence[Exchange],
        equity: float,
        asked: str,
        expected: Callable[[], Sequence[Expected]] = tuple,
    ) -> None:
        """A bar is over: its fills are made, and the orders of it are in.

        Args:
            bar: its number.
            books: the brokers of all symbols of the account.
            equity: of the account.
            asked: hash of all requests until now.
            expected: see `SharedAccount`.
        """
        if bar < self.first - 1:
            return
        if bar >= self.first:
            sizes = {book.symbol: sum(t.size for t in book.trades) * self._unit for book in books}
            self._kept[bar] = _Kept(
                tuple(self._orders(books, expected())),
                tuple(fill for book in books for fill in self._fills(book)),
                {symbol: float(size) for symbol, size in sizes.items() if size},
                float(equity),
                asked,
            )
        self._before = {b.symbol: (len(b.closed_trades), _entries(b.trades)) for b in books}

    def _orders(
        self, books: Sequence[Exchange], expected: Sequence[Expected]
    ) -> Iterator[WantedOrder]:
        """What is traded to a weight first, as it is filled; then the orders of each symbol."""
        yield from (
            _to_weight(one, "close", one.closing, self._unit) for one in expected if one.closing
        )
        yield from (
            _to_weight(one, "open", one.opening, self._unit) for one in expected if one.opening
        )
        for book in books:
            for order in book.orders:
                yield _order(order, book, books, self._unit)

    def _fills(self, book: Exchange) -> Iterator[PaperFill]:
        """What began and ended since the last note.

        A trade that is closed in part is two trades for the package; both were opened at the same
        bar and price, so what is new of an entry is how much there is more of it than before.
        """
        closed, opened = self._before.get(book.symbol, (0, Counter[Entry]()))
        ended = book.closed_trades[closed:]
        began = _entries([*book.trades, *ended])
        began.subtract(opened)
        for (bar, price, side), size in began.items():
            if size:
                yield self._fill(book, bar, side * size, price, opens=True)
        for one in ended:
            yield self._fill(book, one.exit_bar, -one.size, one.exit_price, opens=False)

    def _fill(
        self, book: Exchange, bar: int, size: float, price: float, *, opens: bool
    ) -> PaperFill:
        spread = book._spread if opens else 0.0  # noqa: SLF001  # the package's own
        time = book._data.index[bar]  # noqa: SLF001  # as above
        return PaperFill(
            time=pd.Timestamp(time).isoformat(),
            side="buy" if size > 0 else "sell",
            size=float(abs(size) * self._unit),
            price=float(price / self._unit),
            quoted=float(price / self._unit / (1 + math.copysign(spread, size))),
            fee=float(book._commission(size, price)),  # noqa: SLF001  # as the package charges it
            opens=opens,
            symbol=book.symbol,
        )

    def result(self, start: int | None, cash: float) -> tuple[OrderSheet, ...]:
        """The sheets, the oldest first; none from the bar on in which the account ran dry.

        Args:
            start: first bar on which the strategy traded, or None.
            cash: what the account held until then.
        """
        found, nothing = [], Requests().sha256()
        names = [str(name) for name in self._frame.columns]
        rows = self._frame.iloc[self.first :].to_numpy(dtype=float).tolist()
        for bar, digest in enumerate(prefixes(self._frame, self.first), self.first):
            idle = start is None or bar < start
            kept = self._kept.get(bar, _Kept((), (), {}, cash, nothing) if idle else None)
            if kept is None:
                break
            found.append(
                OrderSheet(
                    time=pd.Timestamp(self._frame.index[bar]).isoformat(),
                    at=int(self._times[bar]),
                    prices=dict(zip(names, map(_known, rows[bar - self.first]), strict=True)),
                    data=digest + self._finer_up_to(bar),
                    orders=kept.orders,
                    fills=kept.fills,
                    position=kept.positions.get("", 0.0),
                    positions={s: size for s, size in kept.positions.items() if s},
                    equity=kept.equity,
                    asked=kept.asked,
                )
            )
        return tuple(found)

    def _finer_up_to(self, bar: int) -> str:
        """Hash of the finer bars that were there before the next bar began, or ""."""
        if self._finer is None:
            return ""
        last = bar + 1 == len(self._times)
        end = len(self._finer) if last else moments(self._finer).searchsorted(self._times[bar + 1])
        return f"+{next(prefixes(self._finer.iloc[:end], end - 1))}" if end else "+"


def _entries(trades: Any) -> Counter[Entry]:
    """Size, above zero, by where trades were opened."""
    found: Counter[Entry] = Counter()
    for trade in trades:
        side = 1 if trade.is_long else -1
        found[trade.entry_bar, trade.entry_price, side] += abs(trade.size)
    return found


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _to_weight(
    one: Expected, purpose: Literal["open", "close"], units: int, unit: float
) -> WantedOrder:
    return WantedOrder(
        side="buy" if units > 0 else "sell",
        size=abs(units) * unit,
        kind="market",
        purpose=purpose,
        symbol=one.symbol,
        target=one.weight,
    )


def _order(order: Any, book: Exchange, books: Sequence[Exchange], unit: float) -> WantedOrder:
    share = abs(order.size) if abs(order.size) < 1 else None
    size = abs(order.size) if share is None else _units_of(order, book, books)
    tag = order.tag.text if isinstance(order.tag, Label) else order.tag
    return WantedOrder(
        side="buy" if order.size > 0 else "sell",
        size=size * unit,
        share=share,
        kind=_kind(order, book),
        purpose=_purpose(order),
        **{name: _price(getattr(order, name), unit) for name in ("limit", "stop", "sl", "tp")},
        tag=None if tag is None else harmless(str(tag)),
        symbol=book.symbol,
    )


def _price(price: float | None, unit: float) -> float | None:
    return None if price is None else float(price) / unit


def _kind(order: Any, book: Exchange) -> Any:
    if order.stop:
        return "stop_limit" if order.limit else "stop"
    if order.limit:
        return "limit"
    return "market_on_close" if book._trade_on_close else "market"  # noqa: SLF001  # the package's own


def _purpose(order: Any) -> Any:
    trade = order.parent_trade
    if trade is None:
        return "open"
    if order is trade._sl_order:  # noqa: SLF001  # no other way
        return "stop_loss"
    return "take_profit" if order is trade._tp_order else "close"  # noqa: SLF001  # as above


def _units_of(order: Any, book: Exchange, books: Sequence[Exchange]) -> int:
    """What a share of the free money comes to at the last close, once what closes has closed.

    By the package's own formula for the fill, at a price that is known by now.
    """
    used = sum(_used_when_closed(one) for one in books if one.trades)
    share, at = abs(order.size), order.limit or order.stop or book.last_price
    price = book._adjusted_price(order.size, at)  # noqa: SLF001  # as the package fills it
    price += book._commission(order.size, at) / share  # noqa: SLF001  # as above
    free = max(0.0, book.equity * book._leverage - used)  # noqa: SLF001  # as above
    return int(free * share // price)


def _used_when_closed(book: Exchange) -> float:
    """What the trades are worth that no order closes at the next open, at the last close."""
    leaving: dict[int, float] = {}
    for order in book.orders:
        if order.parent_trade is not None and not (order.limit or order.stop):
            trade = id(order.parent_trade)
            leaving[trade] = leaving.get(trade, 0.0) + abs(order.size)
    staying = (max(0.0, abs(trade.size) - leaving.get(id(trade), 0.0)) for trade in book.trades)
    return float(sum(staying) * book.last_price)
