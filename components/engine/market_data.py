"""Market data from a folder or URL of `{SYMBOL}_{INTERVAL}.csv|.parquet`, validated and hashed."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from components.engine.data.bars import validated, where
from components.engine.data.doubts import doubts, longest_gap
from components.engine.data.names import DataFile, LocalFolder
from components.engine.data.place import RemotePlace
from components.engine.data.remote import RemoteFolder
from components.errors import ConfigError, UserError
from components.ports import Bars

if TYPE_CHECKING:
    from pathlib import Path

    from components.engine.data.place import DataPlace

_READINGS = 3
"""How often a file is read that changes while it is read."""

_CACHED_SLICES = 64

QUIET_S = 60.0
"""A file whose last line has no end yet counts as whole when nobody has written for so long."""

Stamp = tuple[int, int, int]


DataSource = LocalFolder | RemoteFolder


def source_of(place: DataPlace) -> DataSource:
    """The files of a place."""
    return RemoteFolder(place) if isinstance(place, RemotePlace) else LocalFolder(place)


@dataclass(frozen=True)
class _Loaded:
    stamp: Stamp
    frame: pd.DataFrame


class FolderData:
    """Bars from files; a file is read and checked once for as long as it does not change.

    Args:
        place: where the files are. Columns: the time first, then Open, High, Low, Close and
            optionally Volume and others, all numbers.
    """

    def __init__(self, place: DataPlace) -> None:
        self._source = source_of(place)
        self._loaded: dict[str, _Loaded] = {}  # by name: a new content replaces the old one
        self._slices: dict[tuple[Path, Stamp, str | None, str | None], Bars] = {}

    def bars(self, symbol: str, interval: str, start: str | None, end: str | None) -> Bars:
        """Bars of a symbol between two ISO dates (inclusive; None: no bound).

        Raises:
            UserError: no such data, or nothing in that time; names what there is.
            ConfigError: the file is broken; says where and what to do.
            TransientError: a URL can't be read for now.
        """
        path = self._path(symbol, interval)
        loaded = self._load(path)
        key = (path, loaded.stamp, start, end)
        if key not in self._slices:
            if len(self._slices) >= _CACHED_SLICES:
                self._slices.clear()
            frame = _between(loaded.frame, start, end, f"{symbol} {interval}")
            self._slices[key] = _bars(path, symbol, interval, loaded.frame, frame)
        return self._slices[key]

    def symbols(self) -> tuple[tuple[str, str], ...]:
        """All (symbol, interval) pairs that there are, sorted."""
        return tuple(sorted(self._files()))

    def entries(self) -> tuple[DataFile, ...]:
        """Every entry, also those that are not read, with the reason.

        Raises:
            TransientError, ConfigError: a URL's files can't be listed.
        """
        return self._source.entries()

    def data_hash(self, symbol: str, interval: str, start: str | None, end: str | None) -> str:
        """SHA-256 (hex) of the bars that `bars` would give."""
        return self.bars(symbol, interval, start, end).data_hash

    def unfinished(self, symbol: str, interval: str) -> str:
        """Why the newest bar may not be written whole yet; "" where it is. Raises as `bars`."""
        path = self._path(symbol, interval)
        if path.suffix.lower() != ".csv" or abs(time.time() - path.stat().st_mtime) > QUIET_S:
            return ""  # also of a time to come: the clock was ahead when it was written
        with path.open("rb") as file:
            file.seek(-1, 2)
            if file.read(1) in b"\r\n":
                return ""
        return f"the last line of {path.name} has no end yet: somebody may still write it"

    def _files(self) -> dict[tuple[str, str], list[DataFile]]:
        files = defaultdict(list)
        for entry in self.entries():
            if not entry.skipped:
                files[entry.symbol, entry.interval].append(entry)
        return files

    def _path(self, symbol: str, interval: str) -> Path:
        found = self._files().get((symbol, interval), [])
        if not found:
            raise UserError(f"no data for {symbol} {interval}", hint=self._known(symbol))
        if len(found) > 1:
            first, second = (one.path.name for one in found[:2])
            raise ConfigError(f"{first} and {second} are both there: remove one")
        return self._source.local(found[0])

    def _known(self, symbol: str) -> str:
        known = ", ".join(f"{symbol} {interval}" for symbol, interval in self.symbols())
        known = f"known: {known}" if known else "the folder of `data.dir` holds no data at all"
        alike = [
            f"{entry.path.name} is there, but {entry.skipped}"
            for entry in self.entries()
            if entry.broken and entry.path.name.startswith(f"{symbol}_")
        ]
        return "; ".join((*alike, known))

    def _load(self, path: Path) -> _Loaded:
        """Errors name the file without its folder: authors read them in reports."""
        try:
            stamp = _stamp(path)
            loaded = self._loaded.get(path.name)
            if loaded is None or loaded.stamp != stamp:
                self._loaded[path.name] = _read(path)
        except ConfigError as error:
            said = Exception.__str__(error).replace(f"{path.parent}/", "")
            raise ConfigError(said, hint=error.hint) from error
        return self._loaded[path.name]


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(path: Path) -> _Loaded:
    """The file's bars, read between two looks at it that agree."""
    for _ in range(_READINGS):
        before = _stamp(path)
        frame = validated(path)
        if _stamp(path) == before:
            return _Loaded(before, frame)
    raise ConfigError(
        f"{path} changes while it is read",
        hint="write a new file beside it and rename that, as `algoops data import` does",
    )


def file_bars(path: Path, symbol: str, interval: str) -> Bars:
    """All bars of one file, wherever it is. Raises ConfigError as `FolderData.bars` does."""
    frame = _read(path).frame
    return _bars(path, symbol, interval, frame, frame)


def _bars(path: Path, symbol: str, interval: str, whole: pd.DataFrame, part: pd.DataFrame) -> Bars:
    first = int(whole.index.searchsorted(part.index[0]))

    def place(at: int) -> str:
        return where(path, first + at).replace(str(path), path.name)  # authors read it too

    return Bars(
        symbol,
        interval,
        part,
        content_hash(part),
        doubts=doubts(part, place),
        gap=longest_gap(part, place),
    )


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
