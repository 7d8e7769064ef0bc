"""What became of a strategy's orders, where the trades do not show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from components.schema.results.values import CheckName, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from components.schema.results.values import Contribution

MARGIN = "insufficient margin"
_MOST_COLUMNS = 5


@dataclass(frozen=True)
class Orders:
    """A finished run's orders.

    Attributes:
        heard: (bar, the package's words) of each warning, in order of time.
        asked: how many orders the strategy placed; `counted`: those for a number of units;
            `weighted`: those that were target weights.
        trades: how many trades there are, open ones included; `left`: those still open.
        start: first bar on which it could trade, or None.
    """

    heard: tuple[tuple[int, str], ...]
    asked: int
    counted: int
    trades: int
    left: int
    start: int | None
    weighted: int = 0


def order_findings(
    orders: Orders, frame: pd.DataFrame, capital: float, symbol: str
) -> tuple[Finding, ...]:
    """Warnings: orders that came to nothing, and why there is no trade.

    Args:
        orders: the run's.
        frame: the bars that it ran on.
        capital: initial capital, in account currency.
        symbol: for the message.
    """
    margin = [bar for bar, words in orders.heard if MARGIN in words]
    found = []
    if margin:
        message = f"{_count(len(margin), 'order was', 'orders were')} cancelled: not enough margin"
        found.append(_finding("orders-cancelled", message, margin, frame, _money(frame, capital)))
    if dear := np.flatnonzero(frame["Close"] > capital).tolist():
        message = (
            f"one unit costs more than the capital of {capital:,.0f} in {len(dear):,} of "
            f"{len(frame):,} bars"
        )
        found.append(_finding("price-above-capital", message, dear, frame, _money(frame, capital)))
    if orders.left:
        message = f"{_count(orders.left, 'trade is', 'trades are')} still open at the end"
        hint = (
            "these trades are in the equity, not in the trades' statistics; finalize_trades: true"
        )
        found.append(_finding("trades-open", message, [len(frame) - 1], frame, hint))
    if not orders.trades:
        found.append(_no_trades(orders, len(margin), frame, capital))
    return tuple(f.model_copy(update={"message": f"{symbol}: {f.message}"}) for f in found)


def delisting_findings(contributions: Sequence[Contribution], symbol: str) -> tuple[Finding, ...]:
    """A note where symbols of a portfolio ended before the others.

    Args:
        contributions: what each symbol brought; of one symbol's run none.
        symbol: the portfolio's name, for the message.
    """
    ended = [one for one in contributions if one.delisted]
    if not ended:
        return ()
    told = ", ".join(f"{one.symbol} at {one.delisted}" for one in ended[:_MOST_COLUMNS])
    more = f" and {len(ended) - _MOST_COLUMNS} more" if len(ended) > _MOST_COLUMNS else ""
    return (
        Finding(
            check=CheckName.BACKTEST,
            rule="symbol-delisted",
            severity=Severity.INFO,
            message=f"{symbol}: bars end before those of the others: {told}{more}; what was held "
            "then was closed at that bar's close",
            hint="where a file is only older than the others, bring it up to date",
            found=str(len(ended)),
        ),
    )


def _finding(rule: str, message: str, bars: list[int], frame: pd.DataFrame, hint: str) -> Finding:
    first = min(bars[0], len(frame) - 1)
    at = f"; first at {frame.index[first].isoformat()} (bar {first})" if bars else ""
    return Finding(
        check=CheckName.BACKTEST,
        rule=rule,
        severity=Severity.WARNING,
        message=message + at,
        hint=hint,
        found=str(len(bars)),
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _money(frame: pd.DataFrame, capital: float) -> str:
    """What to do about orders that cost more than there is."""
    if (frame["Close"] > capital).any():
        return (
            "raise backtest.initial_capital, or trade parts of a unit (`backtest: {unit: 1e-6}`): "
            "one unit costs more than the capital"
        )
    return "ask for fewer units, or for a share of the equity: self.buy(size=0.5)"


def _no_trades(orders: Orders, cancelled: int, frame: pd.DataFrame, capital: float) -> Finding:
    empty = _empty_columns(frame)
    if orders.start is None:
        why = f"an indicator never had a value on these {len(frame):,} bars"
        hint = "shorten its window, or take more bars"
    elif not orders.asked:
        why = "no order was ever placed: no signal"
        hint = "print the conditions in next() for some bars"
    elif cancelled:
        why = f"{cancelled:,} of {_count(orders.asked, 'order', 'orders')} were too large"
        hint = _money(frame, capital)
    elif orders.weighted == orders.asked:
        why = (
            f"target weights were given {_count(orders.asked, 'time', 'times')} and bought nothing"
        )
        hint = (
            "where a weight is worth less than one unit, raise backtest.initial_capital or say "
            "`backtest: {unit: 1e-6}`; a symbol whose last bar is over is traded no more"
        )
    else:
        why = f"{_count(orders.asked, 'order was', 'orders were')} placed and none was filled"
        hint = "look at limit and stop prices: the bars never reached them"
    if empty and (orders.start is None or not orders.asked):
        why += f"; the data has no values in {', '.join(empty)}"
        hint = f"if the strategy uses {', '.join(empty)}, take data that has it; else {hint}"
    return Finding(
        check=CheckName.BACKTEST,
        rule="no-trades",
        severity=Severity.WARNING,
        message=f"no trade: {why}",
        hint=hint,
        found="0",
    )


def _empty_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of nothing but zeros or missing values."""
    numbers = frame.select_dtypes("number")
    found = [str(n) for n, column in numbers.items() if not np.nan_to_num(column).any()]
    return found[:_MOST_COLUMNS]
