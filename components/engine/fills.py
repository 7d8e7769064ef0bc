"""Looks for money from nowhere: fills at prices that were better than any of their bar.

backtesting.py fills a stop-limit order at its stop, also where the price had gone past it before
(https://github.com/kernc/backtesting.py/issues/1195); with `trade_on_close` it does so for every
stop order. Fills stay the package's, so that nobody's numbers differ from those at home, but a
result that rests on them is not passed over in silence. An honest stop in a gap is filled between
the close before and the bar: that is worth a warning. A price that the market had left behind
even before the bar is nobody's but the order's, and such a result is no result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from components.schema.values import CheckName, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

MENTIONED = 0.01
"""Money from fills beyond the bar is mentioned from this fraction of the initial capital on."""

TOO_MUCH = 0.1
"""Money from fills beyond the close before, too: from this fraction on the result rests on it."""

ROUNDING = 1e-9
"""Relative difference of a price that the spread's arithmetic explains."""

_HINT = (
    "backtesting.py fills a stop-limit order at its stop even where the price was past it: keep a "
    "buy's stop above the market and a sell's below; with trade_on_close any stop is filled so"
)


@dataclass(frozen=True)
class Windfall:
    """What fills beyond their bars' prices were worth.

    Attributes:
        fills: how many there were; money: their sum, in account currency.
        beyond_close: the part of `money` that not even the close before the bar explains.
        bar: the first one's bar, with its `price` and the `best` price that there was.
    """

    fills: int
    money: float
    beyond_close: float
    bar: int
    price: float
    best: float


def windfall(trades: Sequence[Any], frame: pd.DataFrame, spread: float) -> Windfall | None:
    """Sum up fills that were better than all prices of their bar; None: there were none.

    Args:
        trades: the package's trades, settled or open.
        frame: the bars that they were made on.
        spread: fraction of the price, as the account has it.
    """
    if not trades:
        return None
    size = np.array([t.size for t in trades], float)
    entries = np.array([t.entry_price for t in trades], float) / (1 + np.copysign(spread, size))
    settled = np.array([t.exit_bar is not None for t in trades], bool)
    exits = np.array([t.exit_price for t in trades], float)[settled]
    price = np.concatenate([entries, exits])
    signed = np.concatenate([size, -size[settled]])
    left = (t.exit_bar for t in trades if t.exit_bar is not None)
    return _summed(price, signed, np.array([*(t.entry_bar for t in trades), *left]), frame)


def _summed(
    price: np.ndarray[Any, Any],
    signed: np.ndarray[Any, Any],
    bar: np.ndarray[Any, Any],
    frame: pd.DataFrame,
) -> Windfall | None:
    low = frame[["Open", "Low", "Close"]].min(axis=1).to_numpy()[bar]
    high = frame[["Open", "High", "Close"]].max(axis=1).to_numpy()[bar]
    best = np.where(signed > 0, low, high)
    better = np.sign(signed) * (best - price)
    beyond = np.flatnonzero(better > ROUNDING * best)
    if not len(beyond):
        return None
    before = frame["Close"].to_numpy()[np.maximum(bar - 1, 0)]
    nearest = np.where(signed > 0, np.minimum(low, before), np.maximum(high, before))
    left = np.maximum(np.sign(signed) * (nearest - price), 0)
    units = np.abs(signed)
    first = int(beyond[np.argmin(bar[beyond])])
    return Windfall(
        fills=len(beyond),
        money=float((better * units)[beyond].sum()),
        beyond_close=float((left * units)[beyond].sum()),
        bar=int(bar[first]),
        price=float(price[first]),
        best=float(best[first]),
    )


def fill_findings(
    found: Windfall | None, index: pd.Index[Any], capital: float
) -> tuple[Finding, ...]:
    """A finding where it is worth mentioning; an error where the result rests on what never was.

    Args:
        found: what there was.
        index: times of the bars.
        capital: initial capital.
    """
    if found is None or found.money < MENTIONED * capital:
        return ()
    rests = found.beyond_close >= TOO_MUCH * capital
    return (
        Finding(
            check=CheckName.LOOKAHEAD,
            rule="fill-beyond-the-bar",
            severity=Severity.ERROR if rests else Severity.WARNING,
            message=(
                f"{found.fills} fills were better than any price of their bar, worth "
                f"{found.money:.2f} ({100 * found.money / capital:.1f} % of the initial capital): "
                f"first at {index[found.bar]} (bar {found.bar}), filled at {found.price:.6g} where "
                f"the best price was {found.best:.6g}"
            ),
            hint=_HINT,
            found=f"{found.beyond_close if rests else found.money:.2f}",
            allowed=f"{(TOO_MUCH if rests else MENTIONED) * capital:.2f}",
        ),
    )
