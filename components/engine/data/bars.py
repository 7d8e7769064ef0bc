"""Reads one file of bars and refuses what a backtest must not be run on, saying where it is."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from components.engine.data import times
from components.errors import ConfigError
from components.schema.documents.lfs import POINTER, is_lfs_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PRICES = ("Open", "High", "Low", "Close")
ROUNDING = 1e-6
"""Share of the price by which Open or Close may leave Low..High: vendors round each by itself."""

IMPORT = "`algoops data import` converts the usual exports"
COLUMNS = "the time comes first, then Open, High, Low, Close and, where there is one, Volume"
LONGEST_LINE = 65_536
"""Bytes; a header or a last line beyond it is looked at only as far."""


def validated(path: Path) -> pd.DataFrame:
    """The bars of a CSV or Parquet file.

    Returns:
        Columns Open, High, Low, Close, Volume (NaN where the file has none) and other numeric
        ones, in the file's order; a sorted unique DatetimeIndex.

    Raises:
        ConfigError: the file can't be read or its content is wrong; names file, line and remedy.
    """
    frame = _read(path)
    frame.columns = pd.Index([_column(name) for name in frame.columns])
    _refuse_doubled(path, frame.columns)
    missing = [name for name in PRICES if name not in frame.columns]
    if missing:
        raise ConfigError(
            f"{path} lacks the columns {', '.join(missing)}", hint=f"{COLUMNS}; {IMPORT}"
        )
    if not len(frame):
        raise ConfigError(f"{path} has no bars")
    frame.index = _times(path, frame.index)
    _check_order(path, pd.DatetimeIndex(frame.index))
    _check_values(path, frame)
    if "Volume" not in frame.columns:
        frame["Volume"] = np.nan
    return frame


def _column(name: object) -> str:
    """Its name as strategies know it: Open for " open"."""
    plain = str(name).strip().title()
    return plain if plain in {*PRICES, "Volume"} else str(name)


def _refuse_doubled(path: Path, names: Iterable[object]) -> None:
    plain = [_column(name) for name in names]
    doubled = sorted({name for name in plain if plain.count(name) > 1})
    if doubled:
        raise ConfigError(
            f"{path} has more than one column {', '.join(doubled)}",
            hint="upper and lower case are the same column; remove all but one",
        )


def _read(path: Path) -> pd.DataFrame:
    try:
        _refuse_pointer(path)
        if path.suffix.lower() == ".csv":
            _check_ends(path)
            return pd.read_csv(path, index_col=0)
        frame = pd.read_parquet(path)
    except (OSError, ValueError, UnicodeDecodeError, IndexError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint=IMPORT) from error
    if isinstance(frame.index, pd.DatetimeIndex):
        return frame
    if not len(frame.columns):
        raise ConfigError(f"{path} has no columns", hint=COLUMNS)
    return frame.set_index(frame.columns[0])


def _check_ends(path: Path) -> None:
    """The header names each column once; the last line has all of its fields."""
    with path.open("rb") as file:
        first = file.readline(LONGEST_LINE)
        file.seek(max(0, path.stat().st_size - LONGEST_LINE))
        tail = file.read(LONGEST_LINE)
    for mark, name in ((b";", "a semicolon"), (b"\t", "a tab")):
        if first.count(mark) > max(2, first.count(b",")):
            raise ConfigError(f"{path}: its columns are separated by {name}", hint=IMPORT)
    (names,) = csv.reader([first.decode("utf-8-sig", "replace").strip() or " "])
    if len(names) > 1 and not any(map(str.isalpha, "".join(names[1:]))):
        raise ConfigError(
            f"{path} begins with no line of column names", hint=f"{COLUMNS}; {IMPORT}"
        )
    _refuse_doubled(path, names[1:])
    last = tail.rpartition(b"\n")[2]
    if first != tail and last and last.count(b",") < len(names) - 1:
        raise ConfigError(
            f"{path}: the last line is cut off: {last.decode('utf-8', 'replace')[:80]!r}",
            hint="the file is incomplete or still being written; fetch it again",
        )


def _refuse_pointer(path: Path) -> None:
    with path.open("rb") as file:
        if is_lfs_pointer(file.read(100)):
            raise ConfigError(f"{path}: {POINTER}", hint="fetch the files: git lfs pull")


def _times(path: Path, index: pd.Index) -> pd.DatetimeIndex:
    if isinstance(index, pd.DatetimeIndex):
        found = index
    elif pd.api.types.is_numeric_dtype(index.dtype):
        raise ConfigError(
            f"{path}: times must be dates (ISO 8601), found {index[0]!r}", hint=IMPORT
        )
    else:
        found = _parsed(path, index)
    if found.hasnans:
        at = int(np.flatnonzero(found.isna())[0])
        raise ConfigError(f"{where(path, at)}: the time is missing")
    return found


def _parsed(path: Path, index: pd.Index) -> pd.DatetimeIndex:
    try:
        return times.parsed(index)
    except times.MixedZones as error:
        hint = "give all times one time zone, or none"
        raise ConfigError(f"{path}: times mix time zones: {error}", hint=hint) from error
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"{_odd_time(path, index)}: no time can be read there",
            hint=f"use ISO 8601 dates, such as 2024-01-31 or 2024-01-31T15:30:00; {IMPORT}",
        ) from error


def _odd_time(path: Path, index: pd.Index) -> str:
    """Where the first one is that is no time, and what stands there."""
    for at, text in enumerate(index):
        if pd.isna(pd.to_datetime(text, format="ISO8601", errors="coerce")):
            return f"{where(path, at)}, {str(text)!r}"
    return str(path)


def _check_order(path: Path, index: pd.DatetimeIndex) -> None:
    steps = np.diff(index.asi8)
    if (steps == 0).any():
        at = int(np.flatnonzero(steps == 0)[0]) + 1
        raise ConfigError(f"{where(path, at)}: {index[at]} is there twice", hint="remove one")
    if (steps < 0).any():
        at = int(np.flatnonzero(steps < 0)[0]) + 1
        raise ConfigError(
            f"{where(path, at)}: {index[at]} comes after {index[at - 1]}", hint="sort by time"
        )


def _check_values(path: Path, frame: pd.DataFrame) -> None:
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            at = int(pd.to_numeric(frame[name], errors="coerce").isna().to_numpy().argmax())
            raise ConfigError(
                f"{where(path, at)}: {name} is not a number: {frame[name].iloc[at]!r}"
            )
        if not isinstance(frame[name].dtype, np.dtype):  # pandas' own, with a missing value apart
            frame[name] = frame[name].to_numpy(dtype=float, na_value=np.nan)
    for name in PRICES:
        values = frame[name].to_numpy()
        _refuse(path, frame, name, ~np.isfinite(values), "is missing or not finite")
        _refuse(path, frame, name, values <= 0, "must be above zero")
    high, low = frame["High"].to_numpy(), frame["Low"].to_numpy()
    _refuse(path, frame, "High", high < low, "is below Low", "Low")
    for name in ("Open", "Close"):
        values = frame[name].to_numpy()
        _refuse(path, frame, name, values > high * (1 + ROUNDING), "is above High", "High")
        _refuse(path, frame, name, values < low * (1 - ROUNDING), "is below Low", "Low")
    if "Volume" in frame.columns:
        volume = frame["Volume"].to_numpy()
        _refuse(path, frame, "Volume", np.isinf(volume), "is not finite")
        _refuse(path, frame, "Volume", volume < 0, "is negative")


def _refuse(  # the parts of one sentence
    path: Path, frame: pd.DataFrame, name: str, wrong: np.ndarray, what: str, other: str = ""
) -> None:
    if not wrong.any():
        return
    at = int(np.flatnonzero(wrong)[0])
    row = frame.iloc[at]
    more = int(wrong.sum()) - 1
    values = f"{row[name]}"
    if other:
        values += f" {'<' if other == 'Low' else '>'} {row[other]}"
    also = f" (and {more} more bars)" if more else ""
    raise ConfigError(
        f"{where(path, at)} ({frame.index[at]}): {name} {what}: {values}{also}",
        hint="correct or remove the bar",
    )


def where(path: Path, at: int) -> str:
    """File and line (CSV, counted from 1) or row (Parquet, from 0) of a bar, for people."""
    if path.suffix.lower() != ".csv":
        return f"{path}, row {at}"
    return f"{path}, line {_line(path, at)}"


def _line(path: Path, at: int) -> int:
    """The line of a CSV file that holds a bar: empty lines hold none, the first one the names."""
    bars = -1
    with path.open("rb") as file:
        for number, text in enumerate(file, start=1):
            if text.strip():
                if bars == at:
                    return number
                bars += 1
    return at + 2
