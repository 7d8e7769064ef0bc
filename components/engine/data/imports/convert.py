"""One table to checked bars, and the words for what was done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from components.engine.data.bars import PRICES
from components.engine.data.imports.moments import in_zone, moments
from components.engine.data.imports.numbers import decimal_mark, numbers
from components.engine.data.imports.table import Table, tables
from components.engine.data.names import interval_of
from components.errors import UserError
from components.schema.types import SYMBOL_PATTERN, WORDS

if TYPE_CHECKING:
    from pathlib import Path

_BINANCE = re.compile(r"^([A-Z0-9]{3,20})-(\d+[a-zA-Z]+)-\d{4}")
_OWN = re.compile(r"^(.+)_(\d+[A-Za-z]+)$")
_PERS = {"D": "1d", "W": "1wk", "M": "1mo", "1": "1m", "5": "5m", "60": "1h"}
_STEPS = {
    60: "1m", 120: "2m", 180: "3m", 300: "5m", 600: "10m", 900: "15m", 1800: "30m", 3600: "1h",
    7200: "2h", 14_400: "4h", 21_600: "6h", 28_800: "8h", 43_200: "12h", 86_400: "1d",
    604_800: "1wk",
}  # fmt: skip
_MONTH = (28 * 86_400, 31 * 86_400)


@dataclass(frozen=True)
class Wanted:
    """What the caller says of a file; "": it is to be recognised."""

    symbol: str = ""
    interval: str = ""
    zone: str = ""
    date_format: str = ""
    decimal: str = ""


@dataclass(frozen=True)
class Imported:
    """Bars of one symbol, not yet checked as the folder checks them.

    Attributes:
        notes: what was done with them, in words.
    """

    symbol: str
    interval: str
    frame: pd.DataFrame
    notes: tuple[str, ...]


def imported(path: Path, wanted: Wanted) -> list[Imported]:
    """The bars of an export.

    Raises:
        UserError: it can't be read, or could be read in two ways; says what to do.
    """
    stamp = _stamp(path)
    found = tables(path)
    if _stamp(path) != stamp:
        raise UserError(f"{path} changed while it was read", hint="import it when it is complete")
    if wanted.symbol and len(found) > 1:
        found = [table for table in found if _symbol(table.ticker) == _symbol(wanted.symbol)]
        if not found:
            raise UserError(f"{path} holds no {wanted.symbol}")
    try:
        return [_converted(path, table, wanted) for table in found]
    except UserError as error:
        said = Exception.__str__(error)
        raise UserError(
            said if str(path) in said else f"{path}: {said}", hint=error.hint
        ) from error


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    return status.st_size, status.st_mtime_ns


def _converted(path: Path, table: Table, wanted: Wanted) -> Imported:
    raw, notes = _filled(table)
    frame, more = _numbers(raw, wanted.decimal)
    read = moments(_times(raw), wanted.date_format, day_first=table.day_first)
    index, notes = read.index, [*notes, *more, *read.notes]
    if table.zone and index.tz is None:
        index = index.tz_localize(table.zone)
    if wanted.zone:
        index, said = in_zone(index, wanted.zone)
        notes.append(said)
    elif index.tz is not None:
        notes.append(f"time zone {index.tz}")
    frame.index = index.rename("Date")
    frame, more = _ordered(frame)
    notes += more
    if table.dropped:
        notes.append(f"columns not taken over: {', '.join(table.dropped)[:200]}")
    interval, why = _interval(path, table, wanted, pd.DatetimeIndex(frame.index))
    if why:
        notes.append(why)
    return Imported(_named(path, table, wanted), interval, frame, tuple(notes))


def _filled(table: Table) -> tuple[pd.DataFrame, list[str]]:
    """Without rows that have no price at all (another ticker's day, an empty last line)."""
    prices = table.frame[list(PRICES)]
    empty = (prices.isna() | (prices.astype(str) == "")).all(axis=1).to_numpy()
    raw = table.frame[~empty].reset_index(drop=True)
    if not len(raw):
        raise UserError("no row has a price")
    ends = raw["Volume"].iloc[-2:].tolist() if "Volume" in raw else []
    if [bool(pd.isna(value) or value == "") for value in ends] == [False, True]:
        raise UserError("the last line is cut off: it has no Volume", hint="fetch the file again")
    count = int(empty.sum())
    return raw, [f"{count} row{'s' * (count > 1)} without any price dropped"] if count else []


def _numbers(raw: pd.DataFrame, decimal: str) -> tuple[pd.DataFrame, list[str]]:
    texts = [raw[name] for name in PRICES if not pd.api.types.is_numeric_dtype(raw[name].dtype)]
    mark = decimal or (decimal_mark(texts) if texts else ".")
    frame = pd.DataFrame(index=raw.index)
    for name in (*PRICES, "Volume"):
        if name not in raw:
            continue
        try:
            frame[name] = numbers(raw[name], mark)
        except ValueError as error:
            at, text = error.args
            raise UserError(f"bar {at + 1}: {name} is no number: {text!r}") from error
    return frame, ["decimal commas"] if mark == "," else []


def _times(raw: pd.DataFrame) -> pd.Series:
    if "Date" not in raw:
        return raw["Time"]
    clock = raw["Clock"]
    if pd.api.types.is_numeric_dtype(clock.dtype):  # Stooq: 93000 is 09:30:00
        clock = clock.astype("Int64").astype(str).str.zfill(6)
    return raw["Date"].astype(str) + " " + clock.astype(str)


def _ordered(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Oldest first, each time once. Raises UserError where a time has two different bars."""
    notes = []
    index = pd.DatetimeIndex(frame.index)
    if index.hasnans:
        raise UserError(f"bar {int(index.isna().argmax()) + 1} has no time")
    if not index.is_monotonic_increasing:
        newest = index.is_monotonic_decreasing
        notes.append("newest first: turned round" if newest else "not in order: sorted by time")
        frame = frame.iloc[::-1] if newest else frame.sort_index(kind="stable")
    doubled = frame.index.duplicated()
    if doubled.any():
        kept = frame[~doubled]
        same = frame[doubled].eq(kept.reindex(frame.index[doubled])) | frame[doubled].isna()
        if not same.all(axis=None):
            at = frame.index[doubled][int(np.flatnonzero(~same.all(axis=1).to_numpy())[0])]
            raise UserError(f"{at} has two different bars", hint="remove the wrong one")
        count = int(doubled.sum())
        notes.append(f"{count} row{'s' * (count > 1)} dropped: the same bar again")
        frame = kept
    return frame, notes


def _symbol(text: str) -> str:
    return text.strip().replace("/", "-").replace(":", "-")


def _named(path: Path, table: Table, wanted: Wanted) -> str:
    found = _BINANCE.match(path.stem) or _OWN.match(path.stem)
    symbol = _symbol(wanted.symbol or table.ticker or (found[1] if found else ""))
    if not symbol:
        raise UserError("neither the file nor its name says the symbol", hint="--symbol ACME")
    if not re.fullmatch(SYMBOL_PATTERN, symbol):
        raise UserError(f"{symbol!r} is no symbol: {WORDS[SYMBOL_PATTERN]}", hint="--symbol ACME")
    return symbol


def _interval(path: Path, table: Table, wanted: Wanted, index: pd.DatetimeIndex) -> tuple[str, str]:
    """The interval, and where it is from where nobody said it."""
    if wanted.interval:
        interval, problem = interval_of(wanted.interval)
        if problem:
            raise UserError(f"--interval: {problem}")
        return interval, ""
    if table.per in _PERS:
        return _PERS[table.per], f"interval {_PERS[table.per]}: the file says {table.per}"
    found = _BINANCE.match(path.stem) or _OWN.match(path.stem)
    if found and not interval_of(found[2])[1]:
        return interval_of(found[2])[0], ""
    steps = np.diff(index.as_unit("s").asi8) if len(index) > 1 else np.array([0])
    usual = int(np.median(steps))
    interval = "1mo" if _MONTH[0] <= usual <= _MONTH[1] else _STEPS.get(usual, "")
    if not interval:
        raise UserError("the steps between bars are no usual interval", hint="--interval 1d")
    return interval, f"interval {interval}: the usual step between bars"
