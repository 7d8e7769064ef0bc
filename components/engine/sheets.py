"""What a strategy wants after each of the last bars, read from the broker when the bar is over."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from components.engine.broker import Label
from components.engine.data.prefix import moments, prefixes
from components.schema.results.orders import OrderSheet, PaperFill, WantedOrder
from components.texts import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.engine.broker import LedgerBroker
    from components.ports import Bars

Kept = tuple[tuple[WantedOrder, ...], tuple[PaperFill, ...], float, float]
"""Orders after a bar, fills in it, position and equity."""

Entry = tuple[int, float, int]
"""Bar and price at which trades were opened, and 1 or -1: long or short."""


class Sheets:
    """Notes, from a bar on, what waits in the broker when that bar is over.

    Args:
        bars: all that the run is made on, as the data has them.
        since: nanoseconds since 1970; the last bar is always noted.
        unit: what the broker counts whole numbers of, in units of the asset.
        finer: bars that decide fills, or None.
    """

    def __init__(self, bars: Bars, since: int, unit: float, finer: Bars | None) -> None:
        self._frame = bars.frame
        self._finer = None if finer is None else finer.frame
        self._times = moments(bars.frame)
        self._unit = unit
        self.first = min(int(self._times.searchsorted(since)), len(self._times) - 1)
        self._kept: dict[int, Kept] = {}
        self._closed = 0
        self._open: Counter[Entry] = Counter()

    def note(self, bar: int, broker: LedgerBroker) -> None:
        """A bar is over: its fills are made, and the orders of it are in."""
        if bar < self.first - 1:
            return
        if bar >= self.first:
            orders = tuple(_order(order, broker, self._unit) for order in broker.orders)
            position = sum(trade.size for trade in broker.trades) * self._unit
            fills = tuple(self._fills(broker))
            self._kept[bar] = (orders, fills, float(position), float(broker.equity))
        self._closed, self._open = len(broker.closed_trades), _entries(broker.trades)

    def _fills(self, broker: LedgerBroker) -> Iterator[PaperFill]:
        """What began and ended since the last note.

        A trade that is closed in part is two trades for the package; both were opened at the same
        bar and price, so what is new of an entry is how much there is more of it than before.
        """
        ended = broker.closed_trades[self._closed :]
        began = _entries([*broker.trades, *ended])
        began.subtract(self._open)
        for (bar, price, side), size in began.items():
            if size:
                yield self._fill(broker, bar, side * size, price, opens=True)
        for one in ended:
            yield self._fill(broker, one.exit_bar, -one.size, one.exit_price, opens=False)

    def _fill(
        self, broker: LedgerBroker, bar: int, size: float, price: float, *, opens: bool
    ) -> PaperFill:
        spread = broker._spread if opens else 0.0  # noqa: SLF001  # the package's own
        return PaperFill(
            time=pd.Timestamp(self._frame.index[bar]).isoformat(),
            side="buy" if size > 0 else "sell",
            size=float(abs(size) * self._unit),
            price=float(price / self._unit),
            quoted=float(price / self._unit / (1 + math.copysign(spread, size))),
            fee=float(broker._commission(size, price)),  # noqa: SLF001  # as the package charges it
            opens=opens,
        )

    def result(self, start: int | None, cash: float) -> tuple[OrderSheet, ...]:
        """The sheets, the oldest first; none from the bar on in which the account ran dry.

        Args:
            start: first bar on which the strategy traded, or None.
            cash: what the account held until then.
        """
        found = []
        names = [str(name) for name in self._frame.columns]
        rows = self._frame.iloc[self.first :].to_numpy(dtype=float).tolist()
        for bar, digest in enumerate(prefixes(self._frame, self.first), self.first):
            idle = start is None or bar < start
            kept = self._kept.get(bar, ((), (), 0.0, cash) if idle else None)
            if kept is None:
                break
            orders, fills, position, equity = kept
            found.append(
                OrderSheet(
                    time=pd.Timestamp(self._frame.index[bar]).isoformat(),
                    at=int(self._times[bar]),
                    prices=dict(zip(names, map(_known, rows[bar - self.first]), strict=True)),
                    data=digest + self._finer_up_to(bar),
                    orders=orders,
                    fills=fills,
                    position=position,
                    equity=equity,
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


def _order(order: Any, broker: LedgerBroker, unit: float) -> WantedOrder:
    share = abs(order.size) if abs(order.size) < 1 else None
    size = abs(order.size) if share is None else _units_of(order, broker)
    tag = order.tag.text if isinstance(order.tag, Label) else order.tag
    return WantedOrder(
        side="buy" if order.size > 0 else "sell",
        size=size * unit,
        share=share,
        kind=_kind(order, broker),
        purpose=_purpose(order),
        **{name: _price(getattr(order, name), unit) for name in ("limit", "stop", "sl", "tp")},
        tag=None if tag is None else harmless(str(tag)),
    )


def _price(price: float | None, unit: float) -> float | None:
    return None if price is None else float(price) / unit


def _kind(order: Any, broker: LedgerBroker) -> Any:
    if order.stop:
        return "stop_limit" if order.limit else "stop"
    if order.limit:
        return "limit"
    return "market_on_close" if broker._trade_on_close else "market"  # noqa: SLF001  # the package's own


def _purpose(order: Any) -> Any:
    trade = order.parent_trade
    if trade is None:
        return "open"
    if order is trade._sl_order:  # noqa: SLF001  # no other way
        return "stop_loss"
    return "take_profit" if order is trade._tp_order else "close"  # noqa: SLF001  # as above


def _units_of(order: Any, broker: LedgerBroker) -> int:
    """What a share of the free money comes to at the last close, once what closes has closed.

    By the package's own formula for the fill, at a price that is known by now.
    """
    leaving: dict[int, float] = {}
    for other in broker.orders:
        if other.parent_trade is not None and not (other.limit or other.stop):
            trade = id(other.parent_trade)
            leaving[trade] = leaving.get(trade, 0.0) + abs(other.size)
    used = sum(
        max(0.0, abs(trade.size) - leaving.get(id(trade), 0.0)) * broker.last_price
        for trade in broker.trades
    )
    share, at = abs(order.size), order.limit or order.stop or broker.last_price
    price = broker._adjusted_price(order.size, at)  # noqa: SLF001  # as the package fills it
    price += broker._commission(order.size, at) / share  # noqa: SLF001  # as above
    free = max(0.0, broker.equity * broker._leverage - used)  # noqa: SLF001  # as above
    return int(free * share // price)
