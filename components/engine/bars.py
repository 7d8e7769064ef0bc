"""Reads one file of bars and refuses what a backtest must not be run on, saying where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from components.errors import ConfigError
from components.schema.documents.lfs import POINTER, is_lfs_pointer

if TYPE_CHECKING:
    from pathlib import Path

PRICES = ("Open", "High", "Low", "Close")
MAX_GAP = pd.Timedelta(days=14)
"""The longest silence of an exchange that trades daily; longer steps are allowed in
proportion to the data's own (weekly, monthly)."""

GAP_STEPS = 4
COLUMNS = "the time comes first, then Open, High, Low, Close and, where there is one, Volume"
FIRST_LINE = 2
"""Line of a CSV file that holds the first bar."""


def validated(path: Path) -> pd.DataFrame:
    """The bars of a CSV or Parquet file.

    Returns:
        Columns Open, High, Low, Close, Volume (NaN where the file has none) and other numeric
        ones, in the file's order; a sorted unique DatetimeIndex.

    Raises:
        ConfigError: the file can't be read or its content is wrong; names file, line and remedy.
    """
    frame = _read(path)
    frame = frame.rename(
        columns={
            name: str(name).strip().title()
            for name in frame.columns
            if str(name).strip().title() in (*PRICES, "Volume")
        }
    )
    doubled = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    if doubled:
        raise ConfigError(
            f"{path} has more than one column {', '.join(doubled)}",
            hint="upper and lower case are the same column; remove all but one",
        )
    missing = [name for name in PRICES if name not in frame.columns]
    if missing:
        raise ConfigError(f"{path} lacks the columns {', '.join(missing)}", hint=COLUMNS)
    if not len(frame):
        raise ConfigError(f"{path} has no bars")
    frame.index = _times(path, frame.index)
    _check_order(path, pd.DatetimeIndex(frame.index))
    _check_gaps(path, pd.DatetimeIndex(frame.index))
    _check_values(path, frame)
    if "Volume" not in frame.columns:
        frame["Volume"] = np.nan
    return frame


def _read(path: Path) -> pd.DataFrame:
    try:
        _refuse_pointer(path)
        if path.suffix == ".csv":
            return pd.read_csv(path, index_col=0)
        frame = pd.read_parquet(path)
    except (OSError, ValueError, UnicodeDecodeError, IndexError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    if isinstance(frame.index, pd.DatetimeIndex):
        return frame
    return frame.set_index(frame.columns[0])


def _refuse_pointer(path: Path) -> None:
    with path.open("rb") as file:
        if is_lfs_pointer(file.read(100)):
            raise ConfigError(f"{path}: {POINTER}", hint="fetch the files: git lfs pull")


def _times(path: Path, index: pd.Index) -> pd.DatetimeIndex:
    if isinstance(index, pd.DatetimeIndex):
        times = index
    elif pd.api.types.is_numeric_dtype(index.dtype):
        raise ConfigError(f"{path}: times must be dates (ISO 8601), found {index[0]!r}")
    else:
        times = _parsed(path, index)
    if times.hasnans:
        at = int(np.flatnonzero(times.isna())[0])
        raise ConfigError(f"{_where(path, at)}: the time is missing")
    return times


def _parsed(path: Path, index: pd.Index) -> pd.DatetimeIndex:
    try:
        return pd.DatetimeIndex(pd.to_datetime(index, format="ISO8601"))
    except (ValueError, TypeError) as error:
        if any(word in str(error).lower() for word in ("mixed time", "tz-", "offset")):
            hint = "give all times one time zone, or none"
            raise ConfigError(f"{path}: times mix time zones", hint=hint) from error
        raise ConfigError(
            f"{_odd_time(path, index)}: no time can be read there",
            hint="use ISO 8601 dates, such as 2024-01-31 or 2024-01-31T15:30:00",
        ) from error


def _odd_time(path: Path, index: pd.Index) -> str:
    """Where the first one is that is no time, and what stands there."""
    for at, text in enumerate(index):
        if pd.isna(pd.to_datetime(text, format="ISO8601", errors="coerce")):
            return f"{_where(path, at)}, {str(text)!r}"
    return str(path)


def _check_order(path: Path, index: pd.DatetimeIndex) -> None:
    steps = np.diff(index.asi8)
    if (steps == 0).any():
        at = int(np.flatnonzero(steps == 0)[0]) + 1
        raise ConfigError(f"{_where(path, at)}: {index[at]} is there twice", hint="remove one")
    if (steps < 0).any():
        at = int(np.flatnonzero(steps < 0)[0]) + 1
        raise ConfigError(
            f"{_where(path, at)}: {index[at]} comes after {index[at - 1]}", hint="sort by time"
        )
    if len(set(index.asi8.tolist())) != len(index):
        raise ConfigError(f"{path}: some times are there twice", hint="remove one of each")


def _check_gaps(path: Path, index: pd.DatetimeIndex) -> None:
    if len(index) < 3:  # noqa: PLR2004  # too few to know what a usual step is
        return
    steps = index[1:] - index[:-1]
    allowed = max(MAX_GAP, GAP_STEPS * pd.Timedelta(steps.to_series().median()))
    if steps.max() > allowed:
        at = int(np.argmax(steps)) + 1
        raise ConfigError(
            f"{_where(path, at)}: a gap, no bars between {index[at - 1]} and {index[at]} "
            f"({steps[at - 1]})",
            hint="fill it, or cut the file there",
        )


def _check_values(path: Path, frame: pd.DataFrame) -> None:
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            at = int(pd.to_numeric(frame[name], errors="coerce").isna().to_numpy().argmax())
            raise ConfigError(
                f"{_where(path, at)}: {name} is not a number: {frame[name].iloc[at]!r}"
            )
    for name in PRICES:
        values = frame[name].to_numpy()
        _refuse(path, frame, name, ~np.isfinite(values), "is missing or not finite")
        _refuse(path, frame, name, values <= 0, "must be above zero")
    _refuse(path, frame, "High", (frame["High"] < frame["Low"]).to_numpy(), "is below Low")
    if "Volume" in frame.columns:
        volume = frame["Volume"].to_numpy()
        _refuse(path, frame, "Volume", np.isinf(volume), "is not finite")
        _refuse(path, frame, "Volume", volume < 0, "is negative")


def _refuse(path: Path, frame: pd.DataFrame, name: str, wrong: np.ndarray, what: str) -> None:
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        row = frame.iloc[at]
        raise ConfigError(
            f"{_where(path, at)} ({frame.index[at]}): {name} {what}: {row[name]}"
            + (f" < {row['Low']}" if what.endswith("Low") else ""),
            hint="correct or remove the bar",
        )


def _where(path: Path, at: int) -> str:
    return f"{path}, line {at + FIRST_LINE}" if path.suffix == ".csv" else f"{path}, row {at}"
