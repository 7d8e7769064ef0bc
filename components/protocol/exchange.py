"""The package's broker, and orders as values: recorded on one end, replayed on the other.

Both ends run `Exchange` on the same bars and the same orders, so that their lists of orders and
trades stay equal and a position in a list names an order or a trade on either end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from backtesting.backtesting import Order, Strategy, Trade, _Broker

from components.protocol.fills import TimedBroker
from components.protocol.messages import Account, CancelOrder, Close, Op, PlaceOrder, Protect

if TYPE_CHECKING:
    from backtesting._util import _Data

TAG_CAP = 200
_REFUSED = (ValueError, AssertionError)
"""What the package raises for an order that it does not take."""


class Exchange(TimedBroker):
    """The broker under an account's terms; `capacity` is the number of bars it logs."""

    def __init__(self, data: _Data, account: Account, capacity: int) -> None:
        super().__init__(
            data=data,
            cash=account.cash,
            spread=account.spread,
            commission=(account.commission_fixed, account.commission_pct),
            margin=account.margin,
            trade_on_close=account.trade_on_close,
            hedging=account.hedging,
            exclusive_orders=account.exclusive_orders,
            index=range(capacity),
        )
        self._equity: np.ndarray[Any, Any] = np.full(capacity, np.nan)
        self._position_size_default = account.position_size
        self._max_positions = account.max_positions

    def reserve(self, length: int) -> None:
        """Have room for the equity of `length` bars."""
        if length > len(self._equity):
            room = np.full(max(length, 2 * len(self._equity)), np.nan)
            room[: len(self._equity)] = self._equity
            self._equity = room

    def new_order(
        self,
        size: float,
        limit: float | None = None,
        stop: float | None = None,
        sl: float | None = None,
        tp: float | None = None,
        tag: object = None,
        *,
        trade: Trade | None = None,
    ) -> Order:
        """As the package's, with the account's default size and cap on positions."""
        if trade is None and self._position_size_default and _is_default_size(size):
            size = math.copysign(self._position_size_default, size)
        full = trade is None and self._is_full(size)
        order = super().new_order(size, limit, stop, sl, tp, tag, trade=trade)
        if full:
            self.orders.remove(order)
        return order

    def _is_full(self, size: float) -> bool:
        if self._max_positions is None or self._exclusive_orders:
            return False
        if not self._hedging and self.trades and self.trades[0].is_long != (size > 0):
            return False
        waiting = sum(1 for order in self.orders if order.parent_trade is None)
        return len(self.trades) + waiting >= self._max_positions


def _is_default_size(size: float) -> bool:
    return bool(abs(size) == Strategy._FULL_EQUITY)  # noqa: SLF001  # the package's own marker


class Impossible(Exception):
    """An order that no honest guest sends; says what is wrong with it."""


def replay(broker: _Broker, op: Op) -> None:
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


def _do(broker: _Broker, op: Op) -> None:
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


def _check(*numbers: float | None) -> None:
    if not all(number is None or math.isfinite(number) for number in numbers):
        raise Impossible("an order with a number that is not finite")


def _at(items: list[Any], position: int) -> Any:
    if not 0 <= position < len(items):
        raise Impossible(f"an order or trade that does not exist (position {position})")
    return items[position]
