"""Says where fills differ from plain backtesting.py's, and what that is worth.

backtesting.py fills some orders at prices that the bar had left behind, or in an order of events
that no bar can have had. The broker corrects that (see algoops/exchange/fills.py); whoever
compares with a run at home is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.schema.results.values import (
    CheckName,
    ExecutionResult,
    FillDifferences,
    Finding,
    Severity,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from algoops.exchange.fills import Correction

WARNED_PCT = 1.0
"""A difference in money is a warning from this percentage of the initial capital on."""


def differences(
    corrections: Sequence[Correction], index: pd.Index, capital: float
) -> FillDifferences | None:
    """Sum up the broker's corrections; None: plain backtesting.py gives exactly the same.

    Args:
        corrections: the first one first.
        index: times of the bars.
        capital: initial capital, in account currency.
    """
    if not corrections:
        return None
    money = float(sum(one.money for one in corrections))
    first = corrections[0].bar
    return FillDifferences(
        bars=len({one.bar for one in corrections}),
        first_bar=first,
        first_time=index[first].isoformat(),
        money=money,
        money_pct=100 * money / capital,
    )


def fill_findings(result: ExecutionResult) -> tuple[Finding, ...]:
    """What a report says of a result's differences: to note, or a warning where it is much."""
    found = result.fill_differences
    if found is None:
        return ()
    much = abs(found.money_pct) >= WARNED_PCT
    bars = "1 bar" if found.bars == 1 else f"{found.bars} bars"
    return (
        Finding(
            check=CheckName.BACKTEST,
            rule="fills-differ",
            severity=Severity.WARNING if much else Severity.INFO,
            message=(
                f"{result.symbol}: in {bars} plain backtesting.py fills orders at prices, or in a "
                f"sequence, that no exchange could have given: first at {found.first_time} (bar "
                f"{found.first_bar}); there the result would be {found.money:+,.2f} "
                f"({found.money_pct:+.2f} % of the initial capital)"
            ),
            hint=(
                "the figures here are without that money; it comes from stop-limits whose stop the "
                "market has passed, and from several orders that act within one bar"
            ),
            found=f"{found.money:.2f}",
        ),
    )
