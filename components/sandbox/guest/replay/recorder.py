"""Notes what a strategy does to the order queue, at the outermost call only.

The package's own calls nest (an exclusive order closes trades, a stop-loss cancels the one before);
the other end's broker nests them by itself, so only what the strategy asked for is sent.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from backtesting.backtesting import Order, Trade

from algoops.exchange.broker import Exchange
from components.protocol.exchange import TAG_CAP
from components.protocol.messages import BookOp, CancelOrder, Close, Op, PlaceOrder, Protect
from components.sandbox.guest.runtime.faults import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from algoops.exchange.broker import Account
    from algoops.exchange.undecided import Answer, Question

    Told = Mapping[int, Mapping[Question, Answer]]


class RecordingBroker(Exchange):
    """The exchange, which notes what it is asked for.

    Attributes:
        depth: above zero while the package itself is at work.
    """

    _late = False
    depth = 0

    def note(self, op: BookOp) -> None:
        """Something was asked for."""
        # why: a tape of one symbol and one of several write it otherwise; this base is never made
        raise NotImplementedError

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
        """As the exchange's; noted when it is taken."""
        if self.depth:
            return super().new_order(size, limit, stop, sl, tp, tag, trade=trade)
        asked = PlaceOrder(
            float(size), _number(limit), _number(stop), _number(sl), _number(tp), _text(tag)
        )
        self.depth += 1
        try:
            order = super().new_order(size, limit, stop, sl, tp, tag, trade=trade)
        except ValueError:
            if not self._late:
                raise
            return Order(self, size, limit, stop, sl, tp, None, tag)
        finally:
            self.depth -= 1
        self.note(asked)
        return order


class StrategyBroker(RecordingBroker):
    """The strategy's own broker: real, deterministic, and of no weight.

    `told`: by bar, what the host knows of the order of events in it, so that both fill alike.
    `late`: the strategy sees each bar late; an order whose stop-loss or take-profit the market has
    passed by then is refused without an exception, because its author could not know.

    Attributes:
        ops: what was asked for since it was last emptied.
    """

    def __init__(
        self, data: Any, account: Account, capacity: int, told: Told, *, late: bool = False
    ) -> None:
        super().__init__(data, account, capacity)
        self._late = late
        self.decide = lambda question: told.get(self._i, {}).get(question)
        self.ops: list[Op] = []

    def work(self, bar: int) -> None:
        """Process a bar, up to which the data are shown."""
        self.reserve(bar + 1)
        self.next()

    def next(self) -> None:
        """Process one bar; nothing that happens in here is the strategy's doing."""
        self.depth += 1
        try:
            super().next()
        finally:
            self.depth -= 1

    def note(self, op: BookOp) -> None:  # noqa: D102  # as above
        self.ops.append(op)

    def take(self) -> list[Op]:
        """What was asked for since the last call."""
        ops, self.ops = self.ops, []
        return ops


def install() -> None:
    """Have `Order.cancel`, `Trade.close` and the `sl`/`tp` setters tell a mirror of themselves."""
    Order.cancel = _noted(Order.cancel, "_Order__broker", _cancel)
    Trade.close = _noted(Trade.close, "_Trade__broker", _close)
    Trade._Trade__set_contingent = _noted(  # noqa: SLF001  # what both setters call
        Trade._Trade__set_contingent,  # noqa: SLF001  # as above
        "_Trade__broker",
        _protect,
        even_refused=True,
    )


def _noted(
    original: Callable[..., Any],
    broker_attribute: str,
    describe: Callable[..., BookOp | None],
    *,
    even_refused: bool = False,
) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(self: Any, *args: Any, **options: Any) -> Any:
        broker = getattr(self, broker_attribute)
        if not isinstance(broker, RecordingBroker) or broker.depth:
            return original(self, *args, **options)
        op = describe(broker, self, *args, **options)
        broker.depth += 1
        try:
            result = original(self, *args, **options)
        except Exception:
            if even_refused and op is not None:
                broker.note(op)
            raise
        finally:
            broker.depth -= 1
        if op is not None:
            broker.note(op)
        return result

    return call


def _cancel(broker: RecordingBroker, order: Order) -> BookOp | None:
    position = _position(broker.orders, order)
    return None if position is None else CancelOrder(position)


def _close(broker: RecordingBroker, trade: Trade, portion: float = 1.0) -> BookOp | None:
    named = _trade(broker, trade)
    return None if named is None else Close(*named, portion=float(portion))


def _protect(
    broker: RecordingBroker, trade: Trade, kind: str, price: float | None
) -> BookOp | None:
    named = _trade(broker, trade)
    if named is None or not (price is None or 0 < price < math.inf):
        return None
    return Protect(*named, kind=kind, price=_number(price))  # type: ignore[arg-type]  # "sl", "tp"


def _trade(broker: RecordingBroker, trade: Trade) -> tuple[int, bool] | None:
    position = _position(broker.trades, trade)
    if position is not None:
        return position, False
    position = _position(broker.closed_trades, trade)
    return None if position is None else (position, True)


def _position(items: list[Any], item: object) -> int | None:
    return next((at for at, other in enumerate(items) if other is item), None)


def _number(value: Any) -> float | None:
    """A price for the wire.

    Raises:
        ValueError: it is not finite, which the broker would stumble over when it fills.
    """
    if value is None:
        return None
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"prices of orders must be finite, found {number}")
    return number


def _text(tag: object) -> str | None:
    return None if tag is None else plain(str(tag)[:TAG_CAP])
