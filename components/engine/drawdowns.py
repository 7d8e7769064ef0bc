"""The package's drawdowns, found in one call instead of one for each drawdown.

Its own function cuts a series for each of them and asks pandas for the highest value, which was
half of what the statistics of a run took.
"""

from __future__ import annotations

from typing import Any

import backtesting._stats
import numpy as np
import pandas as pd


def durations_and_peaks(drawdown: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """How long each drawdown took and how deep it was, at the bar that ended it; else undefined.

    Args:
        drawdown: at each bar, as a fraction of the highest equity before; 0 where there is none.

    Returns:
        What `backtesting._stats.compute_drawdown_duration_peaks` does, value by value.
    """
    values = drawdown.to_numpy()
    ends = np.unique(np.append(np.flatnonzero(values == 0), len(values) - 1))
    apart = np.flatnonzero(np.diff(ends) > 1)
    if not len(apart):
        return (drawdown.replace(0, np.nan),) * 2
    first, last = ends[apart], ends[apart + 1]
    cuts = np.column_stack((first, last + 1)).ravel()
    deepest = np.fmax.reduceat(np.append(values, 0.0), cuts)[::2]
    index = drawdown.index
    found = pd.DataFrame(
        {"duration": index[last] - index[first], "peak_dd": deepest}, index=index[last]
    ).reindex(index)
    return found["duration"], found["peak_dd"]


def install() -> None:
    """Have the package's statistics use it in this process."""
    backtesting._stats.compute_drawdown_duration_peaks = durations_and_peaks  # noqa: SLF001  # the package's own call
