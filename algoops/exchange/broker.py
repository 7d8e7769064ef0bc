"""The package's broker under an account's terms."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from backtesting.backtesting import Order, Strategy, Trade

from algoops.exchange.fills import TimedBroker

if TYPE_CHECKING:
    from backtesting._util import _Data


class Account(msgspec.Struct, frozen=True):
    """The broker's terms, as `backtesting.Backtest` takes them, and two of ours.

    Attributes:
        cash: initial capital.
        spread: fraction of the price.
        commission_fixed, commission_pct: cash per order, and fraction of the order's value.
        position_size: what an order without a size gets; None: all equity.
        max_positions: entries beyond so many open trades and waiting entries are refused.
    """

    cash: float
    spread: float
    commission_fixed: float
    commission_pct: float
    margin: float
    trade_on_close: bool
    hedging: bool
    exclusive_orders: bool
    position_size: float | None = None
    max_positions: int | None = None


class Exchange(TimedBroker):
    """The broker under an account's terms; `capacity` is the number of bars it logs.

    Attributes:
        symbol: whose it is, where an account has several; "" elsewhere.
    """

    symbol = ""

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

    def next(self) -> None:
        """As the package's; in a bar in which no order waits, only the equity is logged."""
        if not self.orders:
            self.__dict__.pop("_position_unrealized_pl", None)  # as the package: a new price
            equity = self._cash
            if self.trades:
                profit = self.last_price * self._position_size - self._paid
                self.__dict__["_position_unrealized_pl"] = profit
                equity += profit
            if equity > 0:
                self._i = len(self._data) - 1
                self._equity[self._i] = equity
                return
        super().next()

    @cached_property
    def _paid(self) -> float:
        """What the position cost, without commissions."""
        return float(sum(trade.size * trade.entry_price for trade in self.trades))

    def _trades_cache_clear(self) -> None:
        super()._trades_cache_clear()
        self.__dict__.pop("_paid", None)

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
        return self.entries() >= self._max_positions

    def entries(self) -> int:
        """How many trades are open, and how many orders may open one."""
        waiting = sum(1 for order in self.orders if order.parent_trade is None)
        return len(self.trades) + waiting


def _is_default_size(size: float) -> bool:
    return bool(abs(size) == Strategy._FULL_EQUITY)  # noqa: SLF001  # the package's own marker
