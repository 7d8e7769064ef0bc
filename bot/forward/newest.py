"""PURE: whether all symbols of an account have the bar that is to be ordered after."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from components.engine.data.calendar import coming
from components.ports import Bars
from components.state.db import clock
from components.state.orders import late_words

NAMED = 5
"""Symbols that are named one by one."""

FEW_BARS = 10
"""Bars from which on a symbol's own habits are read; with fewer it has those of the longest one."""

PATIENCE = pd.Timedelta(days=10)
PATIENCE_BARS = 3
"""A symbol that is later than both when somebody decides was judged as one that is over."""


@dataclass(frozen=True)
class DataDecision:
    """When somebody last decided on what the data is: at the deploy, or by accepting it.

    Attributes:
        as_it_is: symbols that were late then are over.
    """

    at: pd.Timestamp
    as_it_is: bool


@dataclass(frozen=True)
class NewestBars:
    """How the symbols stand at the last time at which any of them has a bar.

    Attributes:
        late_at: when the first of their next bars should be over.
        going_on: symbols without a bar then, whose exchange was closed.
        reason: why nothing may be ordered yet, "" where it may.
        waits: that may pass without new data.
    """

    late_at: pd.Timestamp
    going_on: tuple[str, ...] = ()
    reason: str = ""
    waits: bool = False


def newest(
    several: Sequence[Bars],
    members: Collection[str] | None,
    decided: DataDecision,
    now: pd.Timestamp,
) -> NewestBars:
    """Look at the newest bars of the symbols of one account.

    A symbol without a bar at the last time is looked for by its own habits. Its exchange was
    closed where its next bar begins later. It is over where it was late beyond patience when
    somebody decided, or where it is no member of the universe and its bar did not come in time.
    Else that bar is missing.

    Args:
        several: their bars; those without any are not listed yet.
        members: of the universe at the last time; None: all are.
        decided: see `DataDecision`.
        now: the time.
    """
    listed = [bars for bars in several if len(bars.frame)]
    last = max(_end(bars) for bars in listed)
    longest = max(listed, key=lambda bars: len(bars.frame))
    going_on, nexts, missing = [], [], []
    for bars in listed:
        begins, due = _coming(bars, longest)
        if _end(bars) == last:
            nexts.append(due)
        elif begins > last:
            going_on.append(bars.symbol)
            nexts.append(due)
        elif not _is_over(due, due - begins, decided) and (
            members is None or bars.symbol in members or now < due
        ):
            missing.append((due, bars.symbol))
    if missing:
        return NewestBars(min(missing)[0], reason=_words(missing, now), waits=max(missing)[0] > now)
    return NewestBars(min(nexts), tuple(going_on))


def _end(bars: Bars) -> pd.Timestamp:
    last = pd.Timestamp(bars.frame.index[-1])
    return last.tz_localize("UTC") if last.tz is None else last.tz_convert("UTC")


def _coming(bars: Bars, longest: Bars) -> tuple[pd.Timestamp, pd.Timestamp]:
    index = pd.DatetimeIndex(bars.frame.index)
    if len(index) >= FEW_BARS or bars is longest:
        return coming(index)
    end = bars.frame.index[-1]
    return coming(pd.DatetimeIndex(longest.frame.loc[:end].index))


def _is_over(due: pd.Timestamp, length: pd.Timedelta, decided: DataDecision) -> bool:
    patience = max(PATIENCE, PATIENCE_BARS * length)
    return bool(due + (pd.Timedelta(0) if decided.as_it_is else patience) <= decided.at)


def _words(missing: Sequence[tuple[pd.Timestamp, str]], now: pd.Timestamp) -> str:
    """Names those that are late; where none is yet, those that are waited for."""
    late = [one for one in missing if one[0] <= now]
    due, _ = min(late or missing)
    symbols = [symbol for _, symbol in late or missing]
    more = f" and {len(symbols) - NAMED} more" if len(symbols) > NAMED else ""
    named, at = ", ".join(symbols[:NAMED]) + more, clock.text(due.to_pydatetime())
    return (
        late_words(at, named)
        if late
        else f"the bar of {named} is not there yet; it should be by {at}"
    )
