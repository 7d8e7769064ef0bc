"""Times of bars: ISO 8601 texts to one index; UTC offsets that change with the season."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import available_timezones

import numpy as np
import pandas as pd

_OFFSET = re.compile(r"^[+-](\d\d):?(\d\d)$")
_USUAL = (
    "America/New_York", "Europe/London", "Europe/Berlin", "America/Chicago", "Europe/Helsinki",
    "America/Los_Angeles", "America/Denver", "America/Halifax", "America/Sao_Paulo",
    "Australia/Sydney", "Pacific/Auckland", "Europe/Lisbon", "Asia/Jerusalem", "Asia/Tehran",
)  # fmt: skip
"""Zones of exchanges first: several zones have the same offsets, and the first one is taken."""


class MixedZones(ValueError):  # named by what happened, as everywhere
    """Times of one file belong to no single time zone."""


def parsed(texts: pd.Index) -> pd.DatetimeIndex:
    """ISO 8601 texts as times.

    Offsets that change as one time zone's do become that zone; one offset throughout, or none,
    stays as it is.

    Raises:
        MixedZones: offsets of no single time zone, or times with and without.
        ValueError: a text is no time.
    """
    try:
        return pd.DatetimeIndex(pd.to_datetime(texts, format="ISO8601"))
    except ValueError as error:
        if not any(word in str(error).lower() for word in ("mixed time", "tz-", "offset")):
            raise
    times = pd.DatetimeIndex(pd.to_datetime(texts, format="ISO8601", utc=True))
    minutes = offsets(texts)
    if minutes is None:
        raise MixedZones("some times have a UTC offset and others have none")
    zone = zone_of(times, minutes)
    if not zone:
        found = ", ".join(_written(one) for one in np.unique(minutes)[:4])
        raise MixedZones(f"no time zone has the UTC offsets {found} at these times")
    return times.tz_convert(zone)


def offsets(texts: pd.Index) -> np.ndarray | None:
    """Minutes east of UTC, written at the end of each text; None where one has no offset."""
    ends = pd.Series(texts.astype(str)).str.extract(r"(Z|[+-]\d\d:?\d\d)$", expand=False)
    if ends.isna().any():
        return None
    minutes = {end: _minutes(end) for end in ends.unique()}
    return ends.map(minutes).to_numpy(dtype=int)


def _minutes(end: str) -> int:
    found = _OFFSET.match(end)
    if found is None:  # Z
        return 0
    return (-1 if end[0] == "-" else 1) * (int(found[1]) * 60 + int(found[2]))


def _written(minutes: int) -> str:
    hours, rest = divmod(abs(int(minutes)), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def zone_of(times: pd.DatetimeIndex, minutes: np.ndarray) -> str:
    """The first time zone which has these offsets at these times (UTC); "": none has."""
    changes = np.flatnonzero(np.diff(minutes))
    sample = np.unique(np.concatenate(([0, len(times) - 1], changes, changes + 1)))
    few = sample[:: max(1, len(sample) // 50)]
    for zone in (*_USUAL, *_named()):
        if _has(times[few], minutes[few], zone) and _has(times, minutes, zone):
            return zone
    return ""


def _has(times: pd.DatetimeIndex, minutes: np.ndarray, zone: str) -> bool:
    local = times.tz_convert(zone).tz_localize(None)
    east = (local - times.tz_localize(None)) // pd.Timedelta(minutes=1)
    return bool((np.asarray(east) == minutes).all())


@lru_cache(maxsize=1)
def _named() -> tuple[str, ...]:
    return tuple(sorted(name for name in available_timezones() if "/" in name))
