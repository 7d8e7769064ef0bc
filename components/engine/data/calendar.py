"""When a market trades, learned from its bars: which silences are usual, and which are not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from components.engine.data.holidays import is_holiday

DAY = 86_400
FACTOR = 2.5
"""A silence is unusual where it is longer than the usual one by this factor."""

COARSE = 5 * DAY
COARSE_FACTOR = 1.5
RECENT = 60
"""Steps that a market's habits are read from."""

FEW = 3
MOST_CLOSED = 10
"""Days that a market may be known to be closed for at a time."""

HOLIDAYS = 3
"""Whole weekdays without a bar that a market with weekends may have at a time."""


def silences(index: pd.DatetimeIndex) -> np.ndarray:
    """Numbers of the bars before which there was no bar for unusually long.

    Steps within a day and steps from one day to another each have a usual length: what recurs
    (a lunch break, a night). Weekends, where the data has no bars on them, and up to three
    whole weekdays in a row do not count.
    """
    seconds = _local(index)
    steps = np.diff(seconds)
    if np.median(steps) >= COARSE:  # weekly, monthly
        return np.flatnonzero(steps > COARSE_FACTOR * np.median(steps)) + 1
    days = seconds // DAY
    crossed = days[1:] > days[:-1]
    silent = steps - DAY * _closed(days)
    unusual = np.zeros(len(steps), dtype=bool)
    for kind in (crossed, ~crossed):
        if kind.any():
            unusual |= kind & (silent > FACTOR * _recurring(silent[kind], len(np.unique(days))))
    return np.flatnonzero(unusual) + 1


def due(index: pd.DatetimeIndex) -> pd.Timestamp:
    """When the bar after the last one should be over, UTC; see `coming`."""
    return coming(index)[1]


def coming(index: pd.DatetimeIndex) -> tuple[pd.Timestamp, pd.Timestamp]:
    """When the bar after the last one should begin, and when it should be over, UTC.

    It begins as long after the last one as bars usually follow one of the same weekday and time of
    day, on a later day where the market is closed on that one, and is as long as bars usually are.
    Closed are weekends, where the data has no bars on them, and days on whose like the market had
    no bars in the years before (`components.engine.data.holidays`). No other closing is known
    before the next bar is there.
    """
    seconds = _local(index)
    steps = np.diff(seconds)
    usual = int(np.median(steps))
    alike = steps[(seconds[-1] - seconds[:-1]) % (7 * DAY) == 0][-RECENT:]
    if usual >= COARSE:
        wait = int(steps[-RECENT:].max())
    else:
        wait = int(np.median(alike) if len(alike) >= FEW else steps[-RECENT:].max())
        wait += DAY * _closed_after(seconds, int(seconds[-1]) + wait)
    last = index[-1] if index.tz is not None else index[-1].tz_localize("UTC")
    begins = last.tz_convert("UTC") + pd.Timedelta(seconds=wait)
    return begins, begins + pd.Timedelta(seconds=usual)


def over(index: pd.DatetimeIndex, begins: pd.Timestamp) -> pd.Timestamp:
    """When a bar is over at the earliest, UTC.

    A bar within a day is as long as bars usually follow each other. A bar of a day ends with its
    day where the market has bars on all days of the week. Of all others the data does not say when
    the exchange closes: they are over at the earliest when they begin.

    Args:
        index: of the data that has it, or of one with the same habits.
        begins: when it begins, in the data's own zone; without one it is UTC.
    """
    seconds = _local(index)
    usual = int(np.median(np.diff(seconds))) if len(seconds) > 1 else DAY
    first = begins if begins.tz is not None else begins.tz_localize("UTC")
    length: pd.Timedelta | pd.DateOffset = pd.Timedelta(seconds=usual)
    if usual >= DAY:
        known = usual < COARSE and not _closed_weekdays(np.unique(seconds // DAY))
        length = pd.DateOffset(days=usual // DAY if known else 0)  # a day may have 23 or 25 hours
    return (first + length).tz_convert("UTC")


def _closed_after(seconds: np.ndarray, begins: int) -> int:
    """Days from a moment to the first one on which the market is not known to be closed."""
    days = np.unique(seconds // DAY)
    known, closed = frozenset(days.tolist()), _closed_weekdays(days)
    first = begins // DAY
    if not is_holiday(known, first):
        return 0
    ahead = range(1, MOST_CLOSED)
    return next(
        (
            n
            for n in ahead
            if (first + n + 3) % 7 not in closed and not is_holiday(known, first + n)
        ),
        0,
    )


def closes_at_weekends(index: pd.DatetimeIndex) -> bool:
    """Whether the data has no bars on Saturdays, or hardly any."""
    weekday = (_local(index) // DAY + 3) % 7
    return bool((weekday == 5).mean() < 0.01)  # noqa: PLR2004  # Saturday; a share


def _local(index: pd.DatetimeIndex) -> np.ndarray:
    """Seconds since 1970 on the clock of the data's own zone."""
    plain = index if index.tz is None else index.tz_localize(None)
    return np.asarray(plain.as_unit("s").asi8)


def _closed(days: np.ndarray) -> np.ndarray:
    """Days in each step that the market is closed for: its weekends, and a few whole weekdays."""
    first, last = days[:-1] + 1, days[1:] - 1  # the whole days without a bar
    missing = np.maximum(last - first + 1, 0)
    closed = _closed_weekdays(days)
    if not closed:
        return np.zeros(len(missing))
    weekend = sum((_until(last, day) - _until(first - 1, day) for day in closed), 0 * missing)
    weekend = np.where(missing > 0, weekend, 0)
    return np.asarray(weekend + np.minimum(missing - weekend, HOLIDAYS))


def _closed_weekdays(days: np.ndarray) -> list[int]:
    """Saturday (5) and Sunday (6), where there are no bars on them, or hardly any."""
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    return [day for day in (5, 6) if (weekday == day).mean() < 0.01]  # noqa: PLR2004  # a share


def _until(days: np.ndarray, weekday: int) -> np.ndarray:
    """How many such weekdays there were up to and with each day."""
    return (days + 3 - weekday) // 7


def _recurring(steps: np.ndarray, days: int) -> float:
    """The longest step that comes again: at least three times, and every twentieth day."""
    often = max(3, days // 20)
    if len(steps) < often:
        return float(np.median(steps))
    return float(np.partition(steps, len(steps) - often)[len(steps) - often])
