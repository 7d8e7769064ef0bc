"""The band of a result: the same orders, with the other order of events inside of bars.

Where one bar can't tell which of two prices came first, the account is kept twice more from there
on: once with the stop-losses first, once with the take-profits. What the strategy asked for is
replayed as it was recorded; orders and trades are known again by the order that they came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from backtesting.backtesting import _OutOfMoneyError

from algoops.exchange.undecided import Decide, stops_first, targets_first
from components.engine.broker import MAX_WAITING, Label, TooManyOrders
from components.protocol.exchange import replay
from components.protocol.messages import CancelOrder, OfSymbol, PlaceOrder, Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.engine.broker import LedgerBroker
    from components.protocol.messages import Op

ORDERS_OF_EVENTS: tuple[Decide, Decide] = (stops_first, targets_first)


@dataclass
class BandEnd:
    """The account under one order of events.

    Attributes:
        broker: its orders, trades and equity.
        over: its money is gone.
        lost: the package's own checks failed on it: nothing can be said of this end.
    """

    broker: Any
    over: bool = False
    lost: bool = False

    def bar(self) -> None:
        """The bar that the data ends with."""
        self._try(self.broker.next)

    def finish(self) -> None:
        """Close what is open after the last bar."""
        self._try(self.broker.finish)

    def apply(self, op: Op, main: Any) -> None:
        """What the strategy did on `main`, before `main` does it."""
        if self.over or self.lost:
            return
        self._do(op, main)
        self.lost = self.waiting() > 2 * MAX_WAITING

    def waiting(self) -> int:
        """How many orders wait."""
        return len(self.broker.orders)

    def _do(self, op: Op, main: Any) -> None:
        replay_translated(op, main, self.broker)

    def _try(self, step: Any) -> None:
        if self.over or self.lost:
            return
        try:
            step()
        except _OutOfMoneyError:
            self.over = True
        except (AssertionError, TooManyOrders):
            self.lost = True


class Ends:
    """Both ends of the band; none until one bar could not decide.

    What is kept is a broker, or the account of several symbols.

    Args:
        known: answers what finer bars tell; only the rest is open.
        kind: what keeps one end.
    """

    def __init__(self, known: Decide, kind: type[BandEnd] = BandEnd) -> None:
        self._known = known
        self._kind = kind
        self.ends: Sequence[BandEnd] = ()
        self._ready: Sequence[BandEnd] = ()

    def before(self, main: Any) -> None:
        """The data has one more bar, and `main` will go through it."""
        if not self.ends and main.may_ask():
            self._ready = [self._kind(main.fork(self._or(rest))) for rest in ORDERS_OF_EVENTS]

    def _or(self, rest: Decide) -> Decide:
        return lambda question: self._known(question) or rest(question)

    def after(self, main: Any) -> None:
        """`main` has gone through the bar."""
        if not self.ends and any(not asked.answered for asked in main.asked):
            self.ends = self._ready
        self._ready = ()
        for end in self.ends:
            end.bar()

    def finish(self) -> None:
        """Close what is open after the last bar."""
        for end in self.ends:
            end.finish()


def replay_translated(op: Op, main: LedgerBroker, end: LedgerBroker) -> None:
    """Do on `end` what is asked for on `main`, where it has such an order or trade."""
    known = _translated(op, main, end)
    if known is not None:
        end.number = main.number
        replay(end, known)


def _translated(op: Op, main: LedgerBroker, end: LedgerBroker) -> Op | None:
    """The same request in the words of another broker; None: it has no such order or trade."""
    if isinstance(op, PlaceOrder):
        return op
    if isinstance(op, CancelOrder):
        place = _order(op.order, main, end)
        return None if place is None else CancelOrder(place)
    if isinstance(op, OfSymbol | Weights) or op.settled or not 0 <= op.trade < len(main.trades):
        return None
    place = _trade(main.trades[op.trade], end)
    return None if place is None else msgspec.structs.replace(op, trade=place)


def _trade(trade: Any, end: LedgerBroker) -> int | None:
    """Position of the open trade that came from the same order."""
    origin = _origin(trade)
    return next((at for at, other in enumerate(end.trades) if _origin(other) == origin), None)


def _origin(trade: Any) -> tuple[str, int]:
    """The request that a trade came from; of one made for target weights its bar."""
    tag = trade.tag
    return ("request", tag.number) if isinstance(tag, Label) else ("weights", trade.entry_bar)


def _order(position: int, main: LedgerBroker, end: LedgerBroker) -> int | None:
    """Position of the waiting order that was placed by the same request."""
    if not 0 <= position < len(main.orders):
        return None
    kind = _kind(main.orders[position])
    rank = sum(_kind(order) == kind for order in main.orders[:position])
    places = [at for at, order in enumerate(end.orders) if _kind(order) == kind]
    return places[rank] if rank < len(places) else None


def _kind(order: Any) -> tuple[tuple[str, int], str]:
    """The request that an order came from, and what it does for its trade."""
    trade = order.parent_trade
    if trade is None:
        return ("request", order.tag.number), "entry"
    if not order.is_contingent:
        return _origin(trade), "close"
    return _origin(trade), "stop" if order.stop else "target"
