"""PURE: what each calendar month brought, and the Sharpe ratio of the year that ended with it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from components.engine.annual import SMALLEST
from components.schema.results.evidence import Months

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

YEAR = 12


def months_of(equity: pd.Series[float], excess: Numbers, year: float) -> Months:
    """The calendar months of a run, from its first to its last.

    A month's return is the equity at its last bar against that at the last bar before it (for the
    first month: against its own first bar), so that the months of a year multiply to the year. The
    rolling Sharpe ratio is that of `annual.sharpe`, of the bars of a month and the eleven before.

    Args:
        equity: at the close of each bar, by time; above zero but for the last.
        excess: returns of the bars after the first, less what money earns without risk.
        year: bars in a year.
    """
    values, index = equity.to_numpy(dtype=float), pd.DatetimeIndex(equity.index)
    numbers = (index.year * YEAR + index.month - 1).to_numpy()
    first = int(numbers[0])
    wanted = np.arange(first, int(numbers[-1]) + 1)
    ends = np.searchsorted(numbers, wanted, side="right")  # the first bar after each month
    starts = np.searchsorted(numbers, wanted, side="left")
    before = np.maximum(starts - 1, 0)
    return Months(
        first=f"{first // YEAR:04d}-{first % YEAR + 1:02d}",
        returns_pct=tuple(
            None if start == end else float(values[end - 1] / values[low] - 1) * 100
            for start, end, low in zip(starts, ends, before, strict=True)
        ),
        rolling_sharpe=tuple(
            _sharpe(excess[max(starts[at - YEAR + 1] - 1, 0) : ends[at] - 1], year)
            if at >= YEAR - 1
            else None
            for at in range(len(wanted))
        ),
    )


def _sharpe(excess: Numbers, year: float) -> float | None:
    deviation = float(excess.std(ddof=1)) if len(excess) > YEAR else 0.0
    if not deviation > SMALLEST:
        return None
    return float(excess.mean()) / deviation * math.sqrt(year)
