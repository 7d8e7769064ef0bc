"""PURE: whether all symbols of an account have the bar to order after, and that bar is over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from components.engine.data.calendar import coming, over
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
        late_at: when the first of their next bars should be over; where one that is there is not
            over yet, when it will be.
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

    Nothing may be ordered while one has a bar that has not begun, or is not over by this machine's
    clock, to the second. A symbol without a bar at the last time is looked for by its own habits.
    Its exchange was closed where its next bar begins later. It is over where it was late beyond
    patience when somebody decided, or where it is no member of the universe and its bar did not
    come in time. Else that bar is missing.

    Args:
        several: their bars; those without any are not listed yet.
        members: of the universe at the last time; None: all are.
        decided: see `DataDecision`.
        now: the time.
    """
    listed = [bars for bars in several if len(bars.frame)]
    last = max(_end(bars) for bars in listed)
    longest = max(listed, key=lambda bars: len(bars.frame))
    moving = [(_over(bars, longest), bars.symbol) for bars in listed]
    moving = [one for one in moving if one[0] > now]
    if moving:
        ahead = [(_end(bars), bars.symbol) for bars in listed if _end(bars) > now]
        reason = _ahead_words(ahead) if ahead else _moving_words(moving)
        return NewestBars(max(moving)[0], reason=reason, waits=True)
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
    return coming(_habits(bars, longest))


def _over(bars: Bars, longest: Bars) -> pd.Timestamp:
    return over(_habits(bars, longest), pd.Timestamp(bars.frame.index[-1]))


def _habits(bars: Bars, longest: Bars) -> pd.DatetimeIndex:
    """Times up to its last bar that its habits are read from."""
    if len(bars.frame) >= FEW_BARS or bars is longest:
        return pd.DatetimeIndex(bars.frame.index)
    return pd.DatetimeIndex(longest.frame.loc[: bars.frame.index[-1]].index)


def _is_over(due: pd.Timestamp, length: pd.Timedelta, decided: DataDecision) -> bool:
    patience = max(PATIENCE, PATIENCE_BARS * length)
    return bool(due + (pd.Timedelta(0) if decided.as_it_is else patience) <= decided.at)


def _words(missing: Sequence[tuple[pd.Timestamp, str]], now: pd.Timestamp) -> str:
    """Names those that are late; where none is yet, those that are waited for."""
    late = [one for one in missing if one[0] <= now]
    due, named = _named(late or missing)
    return (
        late_words(due, named)
        if late
        else f"the bar of {named} is not there yet; it should be by {due}"
    )


def _ahead_words(ahead: Sequence[tuple[pd.Timestamp, str]]) -> str:
    """Without the time now: the reason is told again wherever it changes."""
    begins, named = _named(ahead)
    return (
        f"the data of {named} has a bar of {begins}, which has not come yet: put the file right "
        "(times without a zone are UTC), or this machine's clock"
    )


def _moving_words(moving: Sequence[tuple[pd.Timestamp, str]]) -> str:
    ends, named = _named(moving)
    return (
        f"the last bar of {named} is not over before {ends} and may still change: "
        "write only bars that are over (their time is when they begin)"
    )


def _named(several: Sequence[tuple[pd.Timestamp, str]]) -> tuple[str, str]:
    """The first of some times, and whose they are."""
    symbols = [symbol for _, symbol in several]
    more = f" and {len(symbols) - NAMED} more" if len(symbols) > NAMED else ""
    return clock.text(min(several)[0].to_pydatetime()), ", ".join(symbols[:NAMED]) + more
