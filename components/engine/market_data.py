"""Market data from a folder or URL of `{SYMBOL}_{INTERVAL}.csv|.parquet`, validated and hashed."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from contextlib import contextmanager
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
    from collections.abc import Iterator
    from pathlib import Path

    from components.engine.data.place import DataPlace

_READINGS = 3
"""How often a file is read that changes while it is read."""

_CACHED_CUTS = 64
"""Of one file."""

QUIET_S = 60.0
"""A file whose last line has no end yet counts as whole when nobody has written for so long."""

Stamp = tuple[int, int, int]


DataSource = LocalFolder | RemoteFolder


def source_of(place: DataPlace) -> DataSource:
    """The files of a place."""
    return RemoteFolder(place) if isinstance(place, RemotePlace) else LocalFolder(place)


class FileBars:
    """All bars of one file, read and checked, and what was cut from them.

    Args:
        path: the file; it stays for as long as bars are cut.
        frame: its bars.
    """

    def __init__(self, path: Path, frame: pd.DataFrame) -> None:
        self._path, self._frame = path, frame
        self._cuts: dict[tuple[str | None, str | None], Bars] = {}

    def cut(self, symbol: str, interval: str, start: str | None, end: str | None) -> Bars:
        """The bars between two ISO dates, as `MarketData.bars`; raises UserError where none are."""
        key = (start, end)
        if key not in self._cuts:
            if len(self._cuts) >= _CACHED_CUTS:
                self._cuts.clear()
            part = _between(self._frame, start, end, f"{symbol} {interval}")
            self._cuts[key] = _bars(self._path, symbol, interval, self._frame, part)
        return self._cuts[key]

    def size(self) -> int:
        """Bytes that its bars take in memory."""
        return int(self._frame.memory_usage().sum())


class FolderData:
    """Bars from files; a file is read and checked once for as long as it does not change.

    Args:
        place: where the files are. Columns: the time first, then Open, High, Low, Close and
            optionally Volume and others, all numbers.
    """

    def __init__(self, place: DataPlace) -> None:
        self._source = source_of(place)
        self._loaded: dict[str, tuple[Stamp, FileBars]] = {}  # by name: new content replaces old

    def bars(self, symbol: str, interval: str, start: str | None, end: str | None) -> Bars:
        """Bars of a symbol between two ISO dates (inclusive; None: no bound).

        Raises:
            UserError: no such data, or nothing in that time; names what there is.
            ConfigError: the file is broken; says where and what to do.
            TransientError: a URL can't be read for now.
        """
        return self._load(self.file(symbol, interval)).cut(symbol, interval, start, end)

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
        path = self.file(symbol, interval)
        if path.suffix.lower() != ".csv" or abs(time.time() - path.stat().st_mtime) > QUIET_S:
            return ""  # also of a time to come: the clock was ahead when it was written
        with path.open("rb") as file:
            file.seek(-1, 2)
            if file.read(1) in b"\r\n":
                return ""
        return f"the last line of {path.name} has no end yet: somebody may still write it"

    def file(self, symbol: str, interval: str) -> Path:
        """The file of a symbol's bars on this machine. Raises as `bars`, but for its content."""
        found = self._files().get((symbol, interval), [])
        if not found:
            raise UserError(f"no data for {symbol} {interval}", hint=self._known(symbol))
        if len(found) > 1:
            first, second = (one.path.name for one in found[:2])
            raise ConfigError(f"{first} and {second} are both there: remove one")
        return self._source.local(found[0])

    def _files(self) -> dict[tuple[str, str], list[DataFile]]:
        files = defaultdict(list)
        for entry in self.entries():
            if not entry.skipped:
                files[entry.symbol, entry.interval].append(entry)
        return files

    def _known(self, symbol: str) -> str:
        known = ", ".join(f"{symbol} {interval}" for symbol, interval in self.symbols())
        known = f"known: {known}" if known else "the folder of `data.dir` holds no data at all"
        alike = [
            f"{entry.path.name} is there, but {entry.skipped}"
            for entry in self.entries()
            if entry.broken and entry.path.name.startswith(f"{symbol}_")
        ]
        return "; ".join((*alike, known))

    def _load(self, path: Path) -> FileBars:
        with named_alone(path):
            stamp = stamp_of(path)
            known = self._loaded.get(path.name)
            if known is None or known[0] != stamp:
                known = self._loaded[path.name] = _read(path)
        return known[1]


@contextmanager
def named_alone(path: Path) -> Iterator[None]:
    """Errors in the block name the file without its folder: authors read them in reports."""
    try:
        yield
    except ConfigError as error:
        said = Exception.__str__(error).replace(f"{path.parent}/", "")
        raise ConfigError(said, hint=error.hint) from error


def read_file(path: Path) -> FileBars:
    """A file's bars, wherever it is. Raises ConfigError as `FolderData.bars` does."""
    with named_alone(path):
        return _read(path)[1]


def stamp_of(path: Path) -> Stamp:
    """What is another for a file that was written anew. Raises ConfigError where there is none."""
    try:
        status = path.stat()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(path: Path) -> tuple[Stamp, FileBars]:
    """The file's bars, read between two looks at it that agree."""
    for _ in range(_READINGS):
        before = stamp_of(path)
        frame = validated(path)
        if stamp_of(path) == before:
            return before, FileBars(path, frame)
    raise ConfigError(
        f"{path} changes while it is read",
        hint="write a new file beside it and rename that, as `algoops data import` does",
    )


def file_bars(path: Path, symbol: str, interval: str) -> Bars:
    """All bars of one file, wherever it is. Raises ConfigError as `FolderData.bars` does."""
    return _read(path)[1].cut(symbol, interval, None, None)


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
