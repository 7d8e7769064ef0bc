"""A file to one table of raw columns for each ticker that it holds."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from components.engine.data.imports import columns
from components.engine.data.imports.columns import plain
from components.engine.data.imports.shape import Shape, shape_of
from components.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Table:
    """Raw columns by role (Time or Date and Clock, Open ... Volume), of one ticker.

    Attributes:
        ticker: as the file names it, or "".
        per: the length of a bar as Stooq names it, or "".
        dropped: columns that are not taken over.
        day_first: the source is known to write the day first.
        zone: the one that the name of the time's column says, or "".
    """

    frame: pd.DataFrame
    ticker: str
    per: str
    dropped: tuple[str, ...]
    day_first: bool = False
    zone: str = ""


def tables(path: Path) -> list[Table]:
    """The tables of a file.

    Raises:
        UserError: it can't be read as a table of bars.
    """
    suffix = path.suffix.lower()
    if suffix in {".xls", ".xlsb", ".ods"}:
        raise UserError(f"{path}: {suffix} is not read", hint="save it as .xlsx, import that")
    try:
        if suffix in {".xlsx", ".xlsm"}:
            return _sheets(path)
        if suffix in {".parquet", ".pq"}:
            return _parquet(pd.read_parquet(path))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # an empty value at the end
            return _text(path, shape_of(path))
    except UserError as error:
        said = Exception.__str__(error)
        raise UserError(
            said if str(path) in said else f"{path}: {said}", hint=error.hint
        ) from error
    except (OSError, ValueError, OverflowError) as error:
        said = " ".join(str(error).split())[:300]
        raise UserError(f"{path} cannot be read as a table: {said}") from error


def _sheets(path: Path) -> list[Table]:
    """The sheets of a workbook that hold bars; several of them are named by their symbols."""
    from components.engine.data.imports.workbook import sheets  # noqa: PLC0415  # its library: 0.2 s

    found = sheets(path)
    several = len(found) > 1
    return [
        replace(table, ticker=table.ticker or (name if several else ""))
        for name, frame in found.items()
        for table in _flat(frame)
    ]


def _parquet(frame: pd.DataFrame) -> list[Table]:
    named = isinstance(frame.index, pd.DatetimeIndex) or frame.index.name is not None
    if isinstance(frame.columns, pd.MultiIndex):
        index = frame.index.rename("Date")
        return _levels(frame.set_axis(index, axis=0))
    if named:
        frame = frame.rename_axis(str(frame.index.name or "Time")).reset_index()
    return _flat(frame)


def _text(path: Path, shape: Shape) -> list[Table]:
    options: dict[str, Any] = {
        "sep": shape.separator,
        "encoding": shape.encoding,
        "skiprows": shape.skip,
        "skipinitialspace": True,
        "low_memory": False,
        "encoding_errors": "strict",
    }
    if shape.comma and shape.separator != ",":
        options["dtype"] = str
    if shape.header > 1:
        frame = pd.read_csv(path, header=[0, 1], index_col=0, **options)
        return _levels(frame.rename_axis("Date"))
    if shape.header:
        frame = pd.read_csv(path, header=0, index_col=False, **options)
        return _flat(_as_text(frame, path, options))
    frame = pd.read_csv(path, header=None, **options)
    first = [str(frame[name].iloc[0]) for name in frame.columns]  # a whole row has one type
    return [_table(frame, columns.without_header(len(frame.columns), first), "")]


def _as_text(frame: pd.DataFrame, path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """Read once more without numbers, where one price column is none: 1.234 may be 1234 too."""
    prices = [n for n in frame.columns if plain(n) in {"open", "high", "low", "close", "price"}]
    kinds = {pd.api.types.is_numeric_dtype(frame[name].dtype) for name in prices}
    if "dtype" not in options and kinds != {True}:
        options = {**options, "dtype": str}
        return pd.DataFrame(pd.read_csv(path, header=0, index_col=False, **options))
    return frame


def _levels(frame: pd.DataFrame) -> list[Table]:
    """yfinance: one level names the prices, the other the tickers."""
    first = {plain(name) for name in frame.columns.get_level_values(0)}
    level = 1 if {"open", "close"} <= first else 0
    found = []
    for ticker in dict.fromkeys(frame.columns.get_level_values(level)):
        part = frame.xs(ticker, axis=1, level=level).reset_index()
        part.columns = pd.Index([str(name) for name in part.columns])
        found.append(_table(part, columns.roles(list(part.columns)), str(ticker)))
    return found


def _flat(frame: pd.DataFrame) -> list[Table]:
    names = [str(name) for name in frame.columns]
    found = columns.roles(names)
    if "Symbol" not in found:
        return [_table(frame, found, "")]
    tickers = frame.iloc[:, found["Symbol"]].astype(str)
    return [
        _table(frame[(tickers == ticker).to_numpy()], found, ticker)
        for ticker in dict.fromkeys(tickers)
    ]


def _table(frame: pd.DataFrame, found: dict[str, int], ticker: str) -> Table:
    wanted = ("Time", "Date", "Clock", *columns.PRICES, "Volume")
    raw = pd.DataFrame(
        {role: frame.iloc[:, found[role]] for role in wanted if role in found}
    ).reset_index(drop=True)
    taken = set(found.values())
    dropped = [str(name) for at, name in enumerate(frame.columns) if at not in taken]
    per = str(frame.iloc[0, found["Per"]]) if "Per" in found and len(frame) else ""
    time = plain(frame.columns[found["Time"]]) if "Time" in found else ""
    known = time in {"gmt time", "local time", "utc"}  # Dukascopy: 31.01.2024 00:00:00.000
    zone = "UTC" if time in {"gmt time", "time utc", "utc", "date utc", "date gmt"} else ""
    return Table(raw, ticker, per, tuple(dropped), day_first=known, zone=zone)
