"""Market data from a folder of `{SYMBOL}_{INTERVAL}.csv|.parquet`, validated and hashed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from components.engine.bars import validated
from components.errors import ConfigError, UserError
from components.ports import Bars

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(
    r"^(?P<symbol>[A-Za-z0-9^][A-Za-z0-9.^=-]{0,31})_(?P<interval>[0-9]{1,3}[a-zA-Z]{1,3})$"
)
_SUFFIXES = (".csv", ".parquet")
_CACHED_SLICES = 64

Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class _Loaded:
    stamp: Stamp
    frame: pd.DataFrame


class FolderData:
    """Bars from files; a file is read and checked once for as long as it does not change.

    Args:
        folder: where the files are. Columns: the time first, then Open, High, Low, Close and
            optionally Volume and others, all numbers.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[Path, _Loaded] = {}
        self._slices: dict[tuple[Path, Stamp, str | None, str | None], Bars] = {}

    def bars(self, symbol: str, interval: str, start: str | None, end: str | None) -> Bars:
        """Bars of a symbol between two ISO dates (inclusive; None: no bound).

        Raises:
            UserError: no such data, or nothing in that time; names what there is.
            ConfigError: the file is broken; says where and what to do.
        """
        path = self._path(symbol, interval)
        loaded = self._load(path)
        key = (path, loaded.stamp, start, end)
        if key not in self._slices:
            if len(self._slices) >= _CACHED_SLICES:
                self._slices.clear()
            frame = _between(loaded.frame, start, end, f"{symbol} {interval}")
            self._slices[key] = Bars(symbol, interval, frame, content_hash(frame))
        return self._slices[key]

    def symbols(self) -> tuple[tuple[str, str], ...]:
        """All (symbol, interval) pairs that there are, sorted."""
        if not self._folder.is_dir():
            return ()
        files = (p for p in self._folder.iterdir() if p.suffix in _SUFFIXES and p.is_file())
        names = (_NAME.match(p.stem) for p in files)
        return tuple(sorted({(m["symbol"], m["interval"]) for m in names if m}))

    def data_hash(self, symbol: str, interval: str, start: str | None, end: str | None) -> str:
        """SHA-256 (hex) of the bars that `bars` would give."""
        return self.bars(symbol, interval, start, end).data_hash

    def _path(self, symbol: str, interval: str) -> Path:
        stem = f"{symbol}_{interval}"
        paths = [self._folder / f"{stem}{suffix}" for suffix in _SUFFIXES]
        found = [path for path in paths if _NAME.match(stem) and path.is_file()]
        if not found:
            raise UserError(f"no data for {symbol} {interval}", hint=self._known())
        if len(found) > 1:
            raise ConfigError(f"{found[0]} and {found[1].name} are both there: remove one")
        return found[0]

    def _known(self) -> str:
        known = ", ".join(f"{symbol} {interval}" for symbol, interval in self.symbols())
        return f"known: {known}" if known else f"{self._folder} holds no data at all"

    def _load(self, path: Path) -> _Loaded:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        loaded = self._loaded.get(path)
        if loaded is None or loaded.stamp != stamp:
            loaded = self._loaded[path] = _Loaded(stamp, validated(path))
        return loaded


def _between(frame: pd.DataFrame, start: str | None, end: str | None, what: str) -> pd.DataFrame:
    if start is None and end is None:
        return frame
    try:
        part = frame.loc[start:end]
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"start {start!r} and end {end!r} must be ISO dates: {error}") from error
    if not len(part):
        first, last = frame.index[0], frame.index[-1]
        raise UserError(
            f"{what} has no bars from {start} to {end}", hint=f"it has {first} to {last}"
        )
    return part


def content_hash(frame: pd.DataFrame) -> str:
    """SHA-256 (hex) of a frame of bars: column names and types, times, values."""
    index = pd.DatetimeIndex(frame.index)
    digest = hashlib.sha256(f"{index.dtype}|{index.name}".encode())
    digest.update(index.asi8.astype("<i8").tobytes())
    for name, column in frame.items():
        values = np.ascontiguousarray(column.to_numpy())
        digest.update(f"|{name}|{values.dtype.str}|".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
