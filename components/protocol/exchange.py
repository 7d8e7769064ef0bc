"""Orders as values: recorded on one end, replayed on the other.

Both ends run the one broker (`algoops.exchange`) on the same bars and the same orders, so that
their lists of orders and trades stay equal and a position in a list names an order or a trade on
either end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from components.protocol.messages import CancelOrder, Close, Op, PlaceOrder, Protect

if TYPE_CHECKING:
    from backtesting.backtesting import _Broker

TAG_CAP = 200
_REFUSED = (ValueError, AssertionError)
"""What the package raises for an order that it does not take."""


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
