"""Bars as they were: hashes of all up to a bar, a packed copy, and what differs from it today."""

from __future__ import annotations

import hashlib
import io
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_KEPT = 2_000_000
"""Values of bars of which a copy is kept: about 7 MB."""


def moments(frame: pd.DataFrame) -> np.ndarray:
    """Times of the bars in nanoseconds since 1970, UTC, whatever the index is made of."""
    return np.asarray(pd.DatetimeIndex(frame.index).as_unit("ns").asi8, "<i8")


def prefixes(frame: pd.DataFrame, first: int) -> Iterator[str]:
    """For each bar from number `first` on: SHA-256 (hex) of all bars up to and with it.

    Of times, zone, column names and values as floats: a column of whole numbers that gets its
    first fraction is the same as before.
    """
    values = frame.to_numpy(dtype="<f8", copy=False)
    rows = np.empty((len(frame), 1 + values.shape[1]), "<f8")
    rows[:, 0] = moments(frame).view("<f8")
    rows[:, 1:] = values
    zone = pd.DatetimeIndex(frame.index).tz
    names = "|".join(str(name) for name in frame.columns)
    digest = hashlib.sha256(f"{zone or ''}|{names}|".encode())
    digest.update(rows[:first].tobytes())
    for row in rows[first:]:
        digest.update(row.tobytes())
        yield digest.hexdigest()


def pack(frame: pd.DataFrame) -> bytes:
    """A copy of bars, compressed; empty where they are too many."""
    if frame.size > MOST_KEPT:
        return b""
    file = io.BytesIO()
    names = np.array([str(name) for name in frame.columns])
    values = frame.to_numpy(dtype="<f8")
    np.savez(file, times=moments(frame), names=names, values=values)
    return zlib.compress(file.getvalue())


def unpack(packed: bytes) -> dict[int, dict[str, float]]:
    """The bars of `pack`: moment -> column -> value; empty where none were kept."""
    if not packed:
        return {}
    with np.load(io.BytesIO(zlib.decompress(packed)), allow_pickle=False) as kept:
        names = kept["names"].tolist()
        rows = zip(kept["times"].tolist(), kept["values"].tolist(), strict=True)
        return {at: dict(zip(names, row, strict=True)) for at, row in rows}


def restated(old: Mapping[int, Mapping[str, float | None]], frame: pd.DataFrame) -> list[str]:
    """What is said of bars today otherwise than before, in words, the oldest bar first.

    Args:
        old: moment -> column -> value, as `unpack` gives it; bars that are not in it are new.
        frame: the bars of today.
    """
    times, names = moments(frame).tolist(), [str(name) for name in frame.columns]
    values = frame.to_numpy(dtype="<f8")
    place = {at: row for row, at in enumerate(times)}
    found = []
    for at, before in sorted(old.items()):
        time = pd.Timestamp(at)
        if at not in place:
            found.append(f"{time}: the bar is not there any more")
            continue
        now = dict(zip(names, values[place[at]].tolist(), strict=True))
        changes = [
            f"{name} {_words(before.get(name))} is now {_words(now.get(name))}"
            for name in dict.fromkeys((*before, *now))
            if _words(before.get(name)) != _words(now.get(name))
        ]
        if changes:
            found.append(f"{time}: {', '.join(changes)}")
    span = (min(old), max(old)) if old else (0, 0)
    found += [
        f"{pd.Timestamp(at)}: the bar was not there before"
        for at in times
        if old and span[0] <= at <= span[1] and at not in old
    ]
    return sorted(found)


def _words(value: float | None) -> str:
    return "nothing" if value is None or np.isnan(value) else repr(value)
