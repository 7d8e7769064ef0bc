"""Times as sources write them, to one index. Never guesses which of two numbers is the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.engine.data import times
from components.errors import UserError

_ISO = r"\d{4}-\d\d?-\d\d?([T ].*)?"
_YEAR_FIRST = r"\d{4}([./])\d\d?\1\d\d?( .*)?"
_COMPACT = r"\d{8}([ T]\d{2}:?\d{2}(:?\d{2})?)?"
_YEAR_LAST = r"(\d\d?)([./-])(\d\d?)\2(\d{4})(,? .*)?"
_SHORT_YEAR = r"\d\d?[./-]\d\d?[./-]\d\d( .*)?"
_WITH_NAMES = ("%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%B %d, %Y", "%d %B %Y", "%d-%b-%y", "%d%b%Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_ASK = "say how: --date-format %d/%m/%Y (day first) or --date-format %m/%d/%Y (month first)"
_NAMED_ZONE = r"^(.*\d) (UTC|GMT|[A-Z][A-Za-z]+/[A-Z][A-Za-z_/]+)$"
_UNITS = ((1e11, 1, "seconds"), (1e14, 10**3, "milliseconds"), (1e17, 10**6, "microseconds"))


@dataclass(frozen=True)
class BarTimes:
    """The times of a file and, in words, how they were read."""

    index: pd.DatetimeIndex
    notes: tuple[str, ...]


def moments(column: pd.Series, date_format: str, *, day_first: bool) -> BarTimes:
    """A column of times.

    Args:
        column: texts, numbers since 1970 or times already.
        date_format: strptime's format, or "" to recognise it.
        day_first: the source is known to write the day first.

    Raises:
        UserError: no time can be read, or it could be read in two ways.
    """
    if column.isna().any():
        raise UserError(f"bar {int(column.isna().to_numpy().argmax()) + 1} has no time")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return BarTimes(pd.DatetimeIndex(column), ())
    if pd.api.types.is_numeric_dtype(column.dtype):
        return _of_numbers(column, date_format)
    texts = column.astype(str).str.strip()
    if date_format:
        return BarTimes(_by(texts, date_format), (f"times as {date_format}",))
    texts, zone = _without_zone(texts)
    index, note = _recognised(texts, day_first=day_first)
    if zone and index.tz is None:
        index, _ = in_zone(index, zone)
    return BarTimes(index, (note,))


def _of_numbers(column: pd.Series, date_format: str) -> BarTimes:
    values = column.to_numpy()
    whole = values.astype(np.int64)
    if (whole < 30_000_000).all() and (whole > 15_000_000).all():  # noqa: PLR2004  # 20240131
        texts = pd.Series(whole).astype(str)
        return BarTimes(_by(texts, date_format or "%Y%m%d"), ("times as 20240131",))
    if date_format:
        return BarTimes(_by(column.astype(str), date_format), (f"times as {date_format}",))
    if (whole < 10**8).any():
        raise UserError(
            f"{values[int((whole < 10**8).argmax())]} is no time since 1970",
            hint="times are dates, or seconds, milliseconds or microseconds since 1970; in a "
            "workbook, format the cells as dates",
        )
    nanoseconds, names = whole.copy(), []
    for bound, scale, _ in reversed(_UNITS):
        part = whole < bound
        nanoseconds[part] = whole[part] * (10**9 // scale)
    lower = 0.0
    for bound, _, name in _UNITS:
        if ((whole < bound) & (whole >= lower)).any():
            names.append(name)
        lower = bound
    if (whole >= lower).any():
        names.append("nanoseconds")
    index = pd.DatetimeIndex(pd.to_datetime(nanoseconds, utc=True)).as_unit("us")
    return BarTimes(index, (f"times are {' and '.join(names)} since 1970, in UTC",))


def _without_zone(texts: pd.Series) -> tuple[pd.Series, str]:
    """The texts without a zone's name behind, and that zone; "GMT+0200" becomes an offset."""
    zoned = texts.str.replace(r"\s*(?:GMT|UTC)(?=[+-]\d)", "", regex=True)
    zoned = zoned.str.replace(r"\s+", " ", regex=True)
    parts = zoned.str.extract(_NAMED_ZONE)
    names = parts[1].unique()
    if len(names) == 1 and isinstance(names[0], str):
        return parts[0], "UTC" if names[0] == "GMT" else names[0]
    return zoned, ""


def _recognised(texts: pd.Series, *, day_first: bool) -> tuple[pd.DatetimeIndex, str]:
    if texts.str.fullmatch(_ISO).all():
        return _iso(texts), "times as 2024-01-31"
    if texts.str.fullmatch(_YEAR_FIRST).all():
        return _iso(texts.str.replace(r"[./]", "-", n=2, regex=True)), "times as 2024.01.31"
    if texts.str.fullmatch(_COMPACT).all():
        digits = texts.str.replace(r"[ T:]", "", regex=True)
        return _by(digits.str.pad(14, "right", "0"), "%Y%m%d%H%M%S"), "times as 20240131"
    if texts.str.fullmatch(_YEAR_LAST).all():
        return _year_last(texts, day_first=day_first)
    if texts.str.fullmatch(_SHORT_YEAR).all():
        raise UserError(
            f"{texts.iloc[0]!r} has a year of two digits", hint=_ASK.replace("%Y", "%y")
        )
    for day in _WITH_NAMES:
        for clock in _CLOCKS:
            found = pd.to_datetime(texts, format=day + clock, errors="coerce")
            if not found.isna().any():
                return pd.DatetimeIndex(found), f"times as {day}{clock}"
    raise UserError(
        f"{_odd(texts)} is read as no time", hint="say how it is written: --date-format %d.%m.%Y"
    )


def _iso(texts: pd.Series) -> pd.DatetimeIndex:
    padded = texts.str.replace(r"-(\d)(?=\D|$)", r"-0\1", regex=True)
    padded = padded.str.replace(r"^(\S+) (\d):", r"\1 0\2:", regex=True)
    padded = padded.str.replace(r" ([+-]\d\d:?\d\d)$", r"\1", regex=True)
    try:
        return times.parsed(pd.Index(padded))
    except ValueError as error:
        raise UserError(f"the times cannot be read: {error}") from error


def _year_last(texts: pd.Series, *, day_first: bool) -> tuple[pd.DatetimeIndex, str]:
    parts = texts.str.extract(_YEAR_LAST)
    one, two = parts[0].astype(int), parts[2].astype(int)
    mark, rest = parts[1].iloc[0], parts[4].fillna("").str.replace(",", "", regex=False)
    proofs = (bool((one > 12).any()), bool((two > 12).any()))  # noqa: PLR2004  # months
    if all(proofs):
        raise UserError("some dates have the day first and others the month: " + _odd(texts))
    if not any(proofs) and not day_first:
        raise UserError(
            f"{texts.iloc[0]!r} may have the day or the month first, and no date of the file says "
            "which",
            hint=_ASK.replace("/", mark),
        )
    first = proofs[0] or not proofs[1]
    day, month = (one, two) if first else (two, one)
    date = parts[3] + "-" + month.astype(str).str.zfill(2) + "-" + day.astype(str).str.zfill(2)
    why = "a date of the file shows it" if any(proofs) else "the source writes it so"
    order = f"times with the {'day' if first else 'month'} first ({why})"
    if rest.str.contains("[AaPp][Mm]", regex=True).any():
        return _by(date + rest.str.upper(), "%Y-%m-%d", clocks=_CLOCKS), order
    return _iso(date + rest), order


def _by(texts: pd.Series, form: str, clocks: tuple[str, ...] = ("",)) -> pd.DatetimeIndex:
    for clock in clocks:
        found = pd.to_datetime(texts, format=form + clock, errors="coerce", utc="%z" in form)
        if not found.isna().any():
            return pd.DatetimeIndex(found)
    bad = texts[pd.to_datetime(texts, format=form + clocks[-1], errors="coerce").isna()]
    first = bad.iloc[0] if len(bad) else texts.iloc[0]
    raise UserError(f"{str(first)[:80]!r} is not written as {form}")


def _odd(texts: pd.Series) -> str:
    """A text that is unlike most of the others, quoted."""
    shapes = texts.str.replace(r"\d", "0", regex=True)
    rare = texts[shapes != shapes.mode().iloc[0]]
    return repr(str(rare.iloc[0] if len(rare) else texts.iloc[0])[:80])


def in_zone(index: pd.DatetimeIndex, zone: str) -> tuple[pd.DatetimeIndex, str]:
    """The times in a zone, and what was done in words. Raises UserError."""
    try:
        if index.tz is None:
            return index.tz_localize(zone), f"times without a zone taken as {zone}"
        return index.tz_convert(zone), f"times converted to {zone}"
    except (ValueError, KeyError, OSError) as error:
        hint = "a name such as America/New_York or UTC; times that do not exist there are refused"
        raise UserError(f"--tz {zone}: {error}", hint=hint) from error
