"""What a year is to a series of bars, and the Sharpe ratio of the field."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from components.engine.data.calendar import closes_at_weekends

DAY = 86_400
DAILY = 0.9 * DAY
"""Seconds; shorter steps are bars within a day."""

_SPANS = (
    (5 * DAY, 9 * DAY, 52),  # weekly
    (27 * DAY, 32 * DAY, 12),  # monthly
    (85 * DAY, 95 * DAY, 4),  # quarterly
    (355 * DAY, 370 * DAY, 1),  # yearly
)
SMALLEST = 1e-15
"""A deviation of returns below it is rounding: there is no ratio."""


def bars_a_year(index: pd.DatetimeIndex) -> float | None:
    """Bars in a year of the market that the bars themselves show.

    Daily bars: 252, or 365 where there are bars on Saturdays. Within a day: as many days, times
    the usual number (median) of bars on a day that has any. Weekly 52, monthly 12, quarterly 4,
    yearly 1. Other steps: as many as there are in the data, over its length in years.

    Returns:
        None where fewer than three bars show nothing.
    """
    if len(index) < 3:  # noqa: PLR2004  # one step can't be usual
        return None
    seconds = index.as_unit("s").asi8
    step = float(np.median(np.diff(seconds)))
    days = 252 if closes_at_weekends(index) else 365
    if step < DAILY:
        plain = index if index.tz is None else index.tz_localize(None)
        _, counts = np.unique(plain.as_unit("s").asi8 // DAY, return_counts=True)
        return days * float(np.median(counts))
    if step < 1.5 * DAY:
        return float(days)
    for least, most, year in _SPANS:
        if least <= step <= most:
            return float(year)
    return (len(index) - 1) / (float(seconds[-1] - seconds[0]) / (365.25 * DAY))


def sharpe(equity: pd.Series[float], risk_free: float = 0.0) -> float | None:
    """The Sharpe ratio as the field computes it (quantstats, empyrical): of the returns of bars.

    Mean of the excess returns over their standard deviation (with n - 1), times the square root
    of the bars in a year. W. F. Sharpe: The Sharpe Ratio, Journal of Portfolio Management 21 (1),
    1994.

    Args:
        equity: at the close of each bar, in account currency, by time.
        risk_free: what money earns without risk, a year, as a fraction.

    Returns:
        None where it is undefined: fewer than three bars, no money left, equal returns.
    """
    year = bars_a_year(pd.DatetimeIndex(equity.index))
    values = equity.to_numpy(dtype=float)
    if year is None or (values[:-1] <= 0).any():
        return None
    returns = values[1:] / values[:-1] - 1
    returns -= (1 + risk_free) ** (1 / year) - 1
    deviation = float(returns.std(ddof=1))
    if not deviation > SMALLEST:
        return None
    return float(returns.mean()) / deviation * math.sqrt(year)
