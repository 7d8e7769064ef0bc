"""The broker of the trusted side: bounded, watched, and able to be kept twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from algoops.exchange.broker import Exchange
from components.engine.heard import hearing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backtesting._util import _Data

    from algoops.exchange.broker import Account
    from algoops.exchange.fills import TimedBroker
    from algoops.exchange.undecided import Decide
    from components.protocol.messages import Op

    Watch = Callable[[], None]

MAX_WAITING = 2_000
"""Orders that may wait at once, at any moment: what one more costs grows with those that wait."""

MAX_OPS = 10_000
"""Requests (orders, cancels, closes, changes of sl and tp) that may come at one bar."""

MAX_TRADES, TRADES_A_BAR = 50_000, 10
"""Trades of a run, open or closed: so many, and so many more for each bar of the data. Their
statistics cost about 15 us each."""


class TooManyOrders(Exception):
    """More orders, requests or trades than any strategy needs."""


def check_count(ops: Sequence[Op]) -> None:
    """Raises TooManyOrders for more requests than `MAX_OPS` at one bar."""
    if len(ops) > MAX_OPS:
        raise TooManyOrders(f"{len(ops)} requests at one bar, at most {MAX_OPS} are taken")


@dataclass(frozen=True, eq=False)
class Label:
    """An order's tag as its author wrote it, and which request placed the order."""

    text: str | None
    number: int


class WatchedBroker(Exchange):
    """The exchange, which asks for the time whenever it works on an order or a trade.

    Attributes:
        heard: what the package warned of.
        number: of the request that is worked on; orders and their trades carry it in their tag.
    """

    _watch: Watch
    heard: list[str]
    number = 0

    def new_order(  # noqa: D102  # as the exchange's
        self,
        size: float,
        limit: float | None = None,
        stop: float | None = None,
        sl: float | None = None,
        tp: float | None = None,
        tag: Any = None,
        *,
        trade: Any = None,
    ) -> Any:
        label = Label(tag, self.number) if trade is None else tag
        return super().new_order(size, limit, stop, sl, tp, label, trade=trade)

    def _process_orders(self) -> None:
        if self.orders:
            with hearing(self.heard):
                super()._process_orders()

    def _after(self, processed: Callable[[Any], None]) -> TimedBroker | None:
        with hearing([]):  # a trial on a copy
            return super()._after(processed)

    def _adjusted_price(self, size: float | None = None, price: float | None = None) -> Any:
        self._watch()
        return super()._adjusted_price(size, price)

    def _close_trade(self, trade: Any, price: float, time_index: int) -> None:
        self._watch()
        super()._close_trade(trade, price, time_index)
        self._count()

    def _count(self) -> None:
        """Raises TooManyOrders for more trades than any strategy needs."""
        # why: of one symbol and of an account it is counted otherwise; this base is never made
        raise NotImplementedError


class LedgerBroker(WatchedBroker):
    """The watched exchange of one symbol."""

    def __init__(self, data: _Data, account: Account, capacity: int, watch: Watch) -> None:
        super().__init__(data, account, capacity)
        self._watch = watch
        self._most = MAX_TRADES + TRADES_A_BAR * capacity
        self.heard = []

    def fork(self, decide: Decide) -> LedgerBroker:
        """A copy that goes its own way from here on, on the same data; `decide`: which one."""
        twin: Any = self._twin()
        twin.closed_trades = list(self.closed_trades)
        twin._equity = self._equity.copy()  # noqa: SLF001  # a copy of itself
        twin.corrections, twin.asked, twin.heard = [], [], []
        twin.decide = decide
        own: LedgerBroker = twin
        return own

    def rest(self, first: int, closes: np.ndarray[Any, Any]) -> int:
        """Log the equity of bars in which no order waits, as `next` does one by one.

        Args:
            first: number of the first of the bars.
            closes: their closes.

        Returns:
            How many were logged: none where an order waits, those before the money runs out.
        """
        if self.orders:
            return 0
        equity = self._cash + (closes * float(self._position_size) - self._paid)
        dry = np.flatnonzero(~(equity > 0))
        count = int(dry[0]) if len(dry) else len(equity)
        if count:
            self.__dict__.pop("_position_unrealized_pl", None)  # as the package: a new price
            self._equity[first : first + count] = equity[:count]
            self._i = first + count - 1
        return count

    def _count(self) -> None:
        if len(self.closed_trades) + len(self.trades) > self._most:
            raise TooManyOrders(f"more than {self._most} trades on {len(self._equity)} bars")
