"""File names of market data, `{SYMBOL}_{INTERVAL}.csv|.parquet`: what they stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.schema.types import INTERVAL_PATTERN, SYMBOL_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIXES = (".csv", ".parquet")
OTHER_FORMATS = (".xlsx", ".xls", ".tsv", ".txt", ".json", ".feather", ".gz", ".zip", ".hst")
"""Data that the folder does not take as it is; `algoops data import` knows some of it."""

_SYMBOL = re.compile(SYMBOL_PATTERN)
_INTERVAL = re.compile(INTERVAL_PATTERN)
_LENGTH = re.compile("^([1-9][0-9]{0,3})([A-Za-z]{1,7})$")
_UNITS = {
    "m": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "h": "h", "hr": "h", "hour": "h", "hours": "h",
    "d": "d", "day": "d", "days": "d",
    "w": "wk", "wk": "wk", "week": "wk", "weeks": "wk",
    "mo": "mo", "mon": "mo", "month": "mo", "months": "mo",
}  # fmt: skip


@dataclass(frozen=True)
class DataFile:
    """One file of a data folder.

    Attributes:
        path: where it is.
        symbol, interval: what its name says, as definitions write it; "" where it is skipped.
        skipped: why it is not read as market data; "": it is.
        broken: somebody meant it as data, so that being skipped is a fault.
    """

    path: Path
    symbol: str = ""
    interval: str = ""
    skipped: str = ""
    broken: bool = False


class LocalFolder:
    """The files of a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def entries(self) -> tuple[DataFile, ...]:
        """Every entry, sorted by name; none where there is no such folder."""
        return tuple(entries(self._folder)) if self._folder.is_dir() else ()

    def local(self, file: DataFile) -> Path:
        """Where the file is on this machine."""
        return file.path

    def name(self, file: DataFile) -> str:
        """Where the file is, for people."""
        return str(file.path)


def entries(folder: Path) -> Iterator[DataFile]:
    """Every entry of a data folder, sorted by name."""
    for path in sorted(folder.iterdir()):
        yield entry(path)


def entry(path: Path, *, there: bool = False) -> DataFile:
    """What one entry of a data folder is, by its name; `there`: it is a file, nobody need look."""
    suffix = path.suffix.lower()
    if path.name.startswith(".") or suffix not in SUFFIXES:
        return DataFile(path, skipped=_other(path, suffix))
    if not (there or path.is_file()):
        return DataFile(path, skipped="it is not a file", broken=True)
    symbol, mark, length = path.stem.rpartition("_")
    if not mark:
        return DataFile(path, skipped="its name has no _INTERVAL, such as ACME_1d.csv", broken=True)
    interval, problem = interval_of(length)
    if not _SYMBOL.match(symbol):
        problem = f"{symbol!r} is no symbol: up to 32 letters, digits and . ^ = _ -"
    if problem:
        return DataFile(path, skipped=problem, broken=True)
    return DataFile(path, symbol, interval)


def interval_of(text: str) -> tuple[str, str]:
    """The interval as definitions write it and "", or "" and what is wrong with the text."""
    if _INTERVAL.match(text):
        return text, ""
    found = _LENGTH.match(text)
    if found and found[2] == "M":
        minute, month = f"{found[1]}m", f"{found[1]}mo"
        return "", f"{text} may be a minute or a month: write {minute} or {month}"
    unit = _UNITS.get(found[2].lower()) if found else None
    if found and unit:
        return f"{found[1]}{unit}", ""
    return "", f"{text!r} is no interval: a number and m, h, d, wk or mo, such as 1d"


def _other(path: Path, suffix: str) -> str:
    if path.name.startswith("."):
        return "hidden"
    if path.is_dir():
        return "a folder: only files of this folder itself are read"
    if suffix in OTHER_FORMATS:
        return f"{suffix} is not read as it is: `algoops data import` converts what it knows"
    return "neither .csv nor .parquet"
