"""The package's broker, with fills that a real exchange could have given.

A bar tells four prices and not their order. Where several orders act in one bar, the package goes
through its queue; where one of them lives or dies by what another did later in the bar, that gives
money without knowledge. So a bar in which the order of events could matter is worked out twice on
copies: as the package does, and in the order of events. Where both come to the same money and
positions the package's own way stands, row by row; else the order of events does, and the
difference is noted.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal

from backtesting.backtesting import Order, _Broker

from algoops.exchange.undecided import Question, UndecidedTrade, nobody_knows, price_of, usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from algoops.exchange.undecided import Answer, Decide

SAME = 1e-9
"""Relative difference of money that the order of a sum explains."""

_PARTS = ((0, 1), (1, 3), (3, 6))
"""Moments of a bar (see `_moment`): the open, what enters inside the bar, what leaves in it."""

_AS_THE_PACKAGE = _Broker._process_orders  # noqa: SLF001  # what is corrected


@dataclass(frozen=True)
class Correction:
    """One bar in which plain backtesting.py would have come out otherwise.

    Attributes:
        bar: which one.
        money: how much more the account would be worth at its close, in account currency.
    """

    bar: int
    money: float


class TimedBroker(_Broker):  # type: ignore[misc]  # the package has no types
    """The package's broker; what happens in a bar happens in the order of events.

    First what trades at the open (or, with `trade_on_close`, at the close before): market orders,
    closes, and whatever the open is beyond. Then stops, limits that enter, stop-losses,
    take-profits, limits that leave: what a bar leaves open is taken to have come in the dearer
    sequence. A stop-loss or take-profit of an order that was filled inside the bar waits for the
    next one. Margin is asked for at the price of the fill.

    Attributes:
        corrections: bars in which this differs from plain backtesting.py.
        decide: answers what a bar leaves open about a trade; the usual rule where it can't.
        asked: questions that mattered, the first bar first.
    """

    orders: list[Order]
    _trade_on_close: bool

    def __init__(self, **terms: Any) -> None:
        super().__init__(**terms)
        self.corrections: list[Correction] = []
        self.decide: Decide = nobody_knows
        self.asked: list[UndecidedTrade] = []
        self._contested: dict[int, Answer | None] = {}
        self._stage: Literal["idle", "plain", "timed"] = "idle"
        self._asked_at: float | None = None

    def finish(self) -> None:
        """Close all trades after the last bar, as the package does with `finalize_trades`.

        Orders that were placed in the last bar have no bar left to be filled in.
        """
        for trade in reversed(self.trades):
            trade.close()
        self._stage = "plain"
        plain = self._after(_AS_THE_PACKAGE)
        if plain is not None:
            plain.orders[:] = [order for order in plain.orders if order.parent_trade]
        self.orders[:] = [order for order in self.orders if order.parent_trade]
        self._stage = "idle"
        self.next()
        if not _same(plain, self):
            self._note(plain)

    def _process_orders(self) -> None:
        if self._stage == "idle":
            self._contested = {}
            settled = len(self.closed_trades)
            self._process_bar()
            self._note_contested(settled)
            self._leave_after_entry()
        elif self._stage != "timed":  # else its turn comes, or waits for the next bar
            self._order_exits()
            super()._process_orders()

    def _process_bar(self) -> None:
        self._stage = "plain"
        try:
            self._order_exits()
            if self._is_doubtful():
                plain = self._after(_AS_THE_PACKAGE)
                if not _same(plain, self._after(TimedBroker._process_in_time)):
                    self._process_in_time()
                    self._note(plain)
                    return
            super()._process_orders()
        finally:
            self._stage, self._asked_at = "idle", None

    def _is_doubtful(self) -> bool:
        """Whether the order of events in this bar may matter, or a stop was left behind."""
        data = self._data
        low, high = data._current_value("Low"), data._current_value("High")  # noqa: SLF001  # as the package reads it
        acting = [order for order in self.orders if _acts(order, low, high)]
        alone = [order for order in acting if order.parent_trade is None]
        if not alone:
            return False
        inside = [order for order in alone if order.stop or order.limit]
        if any(order.stop and (order.limit or self._trade_on_close) for order in inside):
            return True
        bound = [o for o in acting if o.parent_trade and (o.stop or o.limit)]
        return (
            _is_entangled(alone, inside, [] if self._hedging else bound)
            or _is_funded_late(alone, inside, bound)
            or self._is_tight(alone, (low, high, data.Close[-2]))
        )

    def _is_tight(self, alone: list[Order], prices: tuple[float, ...]) -> bool:
        """Whether margin may not do for all orders in units, at every price that may count."""
        units = [order.size for order in alone if abs(order.size) >= 1]
        if not units or (len(units) == 1 and not self.trades):
            return False
        dearest = max(prices) * (1 + self._spread)
        needed = sum(abs(size) * dearest + self._commission(size, dearest) for size in units)
        return bool(needed > min(map(self._margin_at, prices)) * self._leverage)

    def _margin_at(self, price: float) -> float:
        profit = sum(trade.size * (price - trade.entry_price) for trade in self.trades)
        used = sum(abs(trade.size) * price for trade in self.trades) / self._leverage
        return max(0.0, float(self._cash + profit - used + self._beside()))

    def _beside(self) -> float:
        """What other books of the same account add to its free margin; there are none here."""
        return 0.0

    def _process_in_time(self) -> None:
        """One bar in the order of events."""
        for _ in self._in_time():
            pass

    def in_parts(self) -> Iterator[None]:
        """The newest bar in the order of events; pauses after the open, and after what enters."""
        self._contested = {}
        settled = len(self.closed_trades)
        try:
            yield from self._in_time()
        finally:
            self._stage, self._asked_at = "idle", None
        self._note_contested(settled)
        self._leave_after_entry()

    def _in_time(self) -> Iterator[None]:
        orders, queue = self.orders, _Queue(self.orders)
        self.orders = queue
        at_close = self._trade_on_close
        self._stage = "timed"
        try:
            queue.turn = [order for order in orders if not (order.stop or order.limit)]
            super()._process_orders()
            self._order_exits()
            opening = self._data._current_value("Open")  # noqa: SLF001  # as the package reads it
            waiting = [order for order in list.__iter__(queue) if order.stop or order.limit]
            for order in waiting:
                _forget_stop(order, opening)
            self._trade_on_close = False
            moments = [(self._moment(order, opening), order) for order in waiting]
            moments.sort(key=itemgetter(0))
            for low, high in _PARTS:
                if low:
                    yield
                queue.turn = [order for moment, order in moments if low <= moment[0] < high]
                if queue.turn:
                    super()._process_orders()
        finally:
            orders[:] = list.__iter__(queue)
            self.orders, self._trade_on_close = orders, at_close

    def _moment(self, order: Order, opening: float) -> tuple[int, float]:
        """Sorts by time; what a bar leaves open is taken to have come in the dearer sequence."""
        level = order.stop or order.limit
        if (level - opening) * order.size * (1 if order.stop else -1) <= 0:
            return 0, 0.0
        if order.is_contingent:
            wins = self._contested.get(id(order.parent_trade)) == "target"
            return (3 if bool(order.stop) != wins else 4), 0.0
        leaves = not self._hedging and any(t.is_long != order.is_long for t in self.trades)
        return (1 if order.stop else 5 if leaves else 2), abs(level - opening)

    def _order_exits(self) -> None:
        """Have a take-profit come before its stop-loss where the bar is known to have gone so."""
        for trade in self.trades:
            stop, target = trade._sl_order, trade._tp_order  # noqa: SLF001  # no other way
            if not (stop and target):
                continue
            question = self._both(trade.is_long, stop, target)
            if question is None:
                continue
            answer = self._contested[id(trade)] = self.decide(question)
            first, second = self.orders.index(stop), self.orders.index(target)
            if answer == "target" and first < second:
                self.orders[first], self.orders[second] = target, stop

    def _both(self, long: bool, stop: Order, target: Order) -> Question | None:  # noqa: FBT001  # a side
        """What the bar leaves open about an open trade: both prices reached, neither at once."""
        opening = self._data._current_value("Open")  # noqa: SLF001  # as the package reads it
        if not (self._acts(stop) and self._acts(target)):
            return None
        at_once = opening <= stop.stop if long else opening >= stop.stop
        return None if at_once else Question(long, None, stop.stop, target.limit)

    def _note_contested(self, settled: int) -> None:
        """Count the trades that left by a price whose turn was in question, not at the open."""
        opening = self._data._current_value("Open")  # noqa: SLF001  # as the package reads it
        for trade in self.closed_trades[settled:]:
            known = trade.exit_bar == self._i and trade.exit_price != opening
            if known and id(trade) in self._contested:
                self.asked.append(UndecidedTrade(self._i, self._contested[id(trade)] is not None))

    def _leave_after_entry(self) -> None:
        """Trades that were entered inside the bar, and whose exit it reached as well."""
        for trade in list(self.trades):
            if trade.entry_bar != self._i:
                continue
            stop, target = trade._sl_order, trade._tp_order  # noqa: SLF001  # no other way
            question = Question(
                long=trade.is_long,
                entered=trade.entry_price / (1 + math.copysign(self._spread, trade.size)),
                stop=stop.stop if stop and self._acts(stop) else None,
                target=target.limit if target and self._acts(target) else None,
            )
            if question.stop is None and question.target is None:
                continue
            answer = self.decide(question)
            self.asked.append(UndecidedTrade(self._i, answer is not None))
            price = price_of(question, answer or usual(question))
            if price is not None:
                self._close_trade(trade, price, self._i)

    def may_ask(self) -> bool:
        """Whether the newest bar, not gone through yet, may leave something open."""
        return any(self._acts(o) and self._may_be_left(o) for o in self.orders)

    def _may_be_left(self, order: Order) -> bool:
        """Whether the bar reaches both exits of the order's trade, or one where it is entered."""
        if order.is_contingent:
            stop, target = order.parent_trade._sl_order, order.parent_trade._tp_order  # noqa: SLF001  # no other way
            return bool(stop and target and self._acts(stop) and self._acts(target))
        low, high = (self._data._current_value(name) for name in ("Low", "High"))  # noqa: SLF001  # as the package reads it
        below, above = (order.sl, order.tp) if order.is_long else (order.tp, order.sl)
        return bool((below and low <= below) or (above and high >= above))

    def _acts(self, order: Order) -> bool:
        data = self._data
        return _acts(order, data._current_value("Low"), data._current_value("High"))  # noqa: SLF001  # as the package reads it

    def _adjusted_price(self, size: float | None = None, price: float | None = None) -> float:
        self._asked_at = price if abs(size or 0) >= 1 else None
        adjusted: float = super()._adjusted_price(size, price)
        return adjusted

    @property
    def margin_available(self) -> float:
        """As the package's; of an order in units that acts in time, at the price of its fill."""
        price = self._asked_at
        if price is None or self._stage != "timed":
            margin: float = super().margin_available
            return margin
        return self._margin_at(price)

    def _after(self, processed: Callable[[Any], None]) -> TimedBroker | None:
        """A copy of this broker after that; None: the package's own checks failed."""
        twin = self._twin()
        try:
            processed(twin)
        except AssertionError:
            return None
        return twin

    def _twin(self) -> TimedBroker:
        twin = copy.copy(self)
        trades = {id(trade): copy.copy(trade) for trade in self.trades}
        orders = {id(order): copy.copy(order) for order in self.orders}
        for trade in trades.values():
            stop, target = orders.get(id(trade._sl_order)), orders.get(id(trade._tp_order))  # noqa: SLF001  # no other way
            trade._replace(broker=twin, sl_order=stop, tp_order=target)  # as above
        for order in orders.values():
            parent = order.parent_trade
            order._replace(broker=twin, parent_trade=trades.get(id(parent), parent))  # as above
        twin.orders, twin.trades = list(orders.values()), list(trades.values())
        twin.closed_trades, twin._contested = [], {}  # noqa: SLF001  # a copy of itself
        return twin

    def _note(self, plain: TimedBroker | None) -> None:
        money = 0.0 if plain is None else plain.equity - self.equity
        self.corrections.append(Correction(self._i, money))


class _Queue(list[Order]):
    """Orders; whoever goes through them sees those whose turn it is."""

    turn: Sequence[Order] = ()

    def __iter__(self) -> Iterator[Order]:
        return iter(self.turn)


def _acts(order: Order, low: float, high: float) -> bool:
    """Whether the bar's prices reach an order."""
    if order.stop:
        return bool(high >= order.stop if order.is_long else low <= order.stop)
    if order.limit:
        return bool(low <= order.limit if order.is_long else high >= order.limit)
    return True


def _is_entangled(alone: list[Order], inside: list[Order], bound: list[Order]) -> bool:
    """Whether one order lives or dies by what another does later in the bar.

    Args:
        alone: orders of no trade that act in this bar.
        inside: those of them that are stops or limits.
        bound: stop-losses and take-profits that act, where opposite orders net.
    """
    brackets = [o for o in alone if not (o.stop or o.limit) and (o.sl or o.tp)]
    if inside and (brackets or (len(inside) > 1 and any(o.stop and o.tp for o in inside))):
        return True  # the package goes through all orders again
    targets = [order for order in bound if order.limit]
    return any(o.size * t.size > 0 for o in inside for t in targets) or any(
        o.size * b.size > 0 for o in brackets for b in bound
    )


def _is_funded_late(alone: list[Order], inside: list[Order], bound: list[Order]) -> bool:
    """Whether the size of an order that takes a share of the money depends on later events.

    A stop-loss on the other side, or a take-profit on the same, frees money where the bar went
    the order's way; the other two where it did not, which is nobody's gain.
    """
    shares = [order for order in alone if abs(order.size) < 1]
    stops = all(order.stop for order in alone)  # each is dearer than the open
    if shares and inside and len(alone) > 1 and not stops:
        return True
    return any((o.size * b.size > 0) == bool(b.stop) for o in shares for b in bound)


def _forget_stop(order: Order, opening: float) -> None:
    """A stop-limit whose stop the open is beyond is a limit order by now.

    Where the limit is not beyond the stop, the package has the order wait for the next bar.
    """
    if order.stop and order.limit:
        side = math.copysign(1, order.size)
        if side * (opening - order.stop) > 0 and side * (order.limit - order.stop) > 0:
            order._replace(stop_price=None)  # as the package when a stop is hit


def _same(one: TimedBroker | None, two: TimedBroker | None) -> bool:
    """Whether two brokers have the same money, open trades and orders, in whatever sequence."""
    if one is None or two is None:
        return one is two
    return math.isclose(one._cash, two._cash, rel_tol=SAME) and _state(one) == _state(two)  # noqa: SLF001  # no other way


def _state(broker: TimedBroker) -> tuple[Counter[Any], Counter[Any]]:
    trades = Counter((t.size, t.entry_price, t.sl, t.tp) for t in broker.trades)
    orders = Counter((o.size, o.limit, o.stop, o.sl, o.tp) for o in broker.orders)
    return trades, orders
