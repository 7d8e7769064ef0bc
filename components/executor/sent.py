"""Files of bars by the hash of their content: named with a job, sent once to each worker.

The daemon names what a job needs; a worker asks for what it has not got, checks the hash, and keeps
it for further jobs, up to so many bytes.
"""

import contextlib
import hashlib
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from components.engine.job_bars import needed
from components.engine.market_data import FileBars, FolderData, Stamp, read_file, stamp_of
from components.errors import AlgoOpsError, ConfigError
from components.ports import Bars, Job, ScriptJob

KEPT_BYTES = 1 << 29
"""What a worker keeps: its files and the bars read from them. What runs is never put out."""

log = structlog.get_logger(__name__)

Pair = tuple[str, str]
Fetch = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Digests -> contents of some of them, which may be wrong; nothing where none is to be had."""


@dataclass(frozen=True)
class SentFile:
    """A file of bars: its name, and the SHA-256 (hex) of its content."""

    name: str
    digest: str


Wanted = Mapping[Pair, SentFile | AlgoOpsError]
"""What a job needs by symbol and interval, or why the daemon has no such bars."""


class Lacking(Exception):  # what is asked for, not a fault
    """These digests are nowhere to be had, or what came is something else."""

    def __init__(self, digests: Iterable[str]) -> None:
        self.digests = tuple(digests)
        super().__init__(*self.digests)


class Files:
    """The daemon's side: which files a job needs now. Holds their hashes, never their content."""

    def __init__(self, data: FolderData) -> None:
        self._data = data
        self._known: dict[str, tuple[Path, Stamp, str]] = {}  # by name: new content replaces old
        self._lock = threading.Lock()

    def wanted(self, job: Job) -> Wanted:
        """The files of a job's bars as they are now."""
        if isinstance(job, ScriptJob):
            return {}
        return {pair: self._named(*pair) for pair in needed(job)}

    def read(self, digest: str) -> bytes:
        """The content of a file that `wanted` named. Raises Lacking where it has changed since."""
        for path, _stamp, named in list(self._known.values()):
            if named == digest:
                content = _content(path)
                if hashlib.sha256(content).hexdigest() == digest:
                    return content
        raise Lacking([digest])

    def _named(self, symbol: str, interval: str) -> SentFile | AlgoOpsError:
        try:
            path = self._data.file(symbol, interval)
            with self._lock:
                return SentFile(path.name, self._digest(path))
        except AlgoOpsError as error:  # it is the job's result, which its worker makes
            return error

    def _digest(self, path: Path) -> str:
        stamp = stamp_of(path)
        known = self._known.get(path.name)
        if known is None or known[:2] != (path, stamp):
            digest = hashlib.sha256(_content(path)).hexdigest()
            known = self._known[path.name] = (path, stamp, digest)
        return known[2]


@dataclass
class _Entry:
    """A file that is here; `users`: jobs that have it now."""

    path: Path
    size: int
    users: int
    whole: FileBars | None = None
    reading: threading.Lock = field(default_factory=threading.Lock)

    def is_here(self) -> bool:
        """Whether it was read, or can be: folders for temporary files get cleaned up."""
        return self.whole is not None or self.path.exists()


class KeptFiles:
    """A worker's side: files that came, in a folder of its own, and the bars read from them.

    Args:
        folder: empty, and nobody else's.
        most_bytes: from there on what was used longest ago is removed.
    """

    def __init__(self, folder: Path, most_bytes: int = KEPT_BYTES) -> None:
        self._folder, self._most = folder, most_bytes
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._fetching = threading.Lock()

    @contextmanager
    def opened(self, wanted: Wanted, fetch: Fetch) -> "Iterator[SentData]":
        """The bars of a job; within the block none of them is removed.

        Raises:
            Lacking: some are not to be had.
        """
        digests = set(names_of(wanted))
        held = self._held(digests)
        try:
            if held != digests:
                with self._fetching:  # once for all jobs that wait for it
                    held |= self._held(digests - held)
                    names = {d: name for d, name in names_of(wanted).items() if d not in held}
                    self._come(names, fetch, held)
            if held != digests:
                raise Lacking(digests - held)
            yield SentData(wanted, self._read)
        finally:
            self._let_go(held)

    def _held(self, digests: set[str]) -> set[str]:
        """Those of them that are here; they stay until they are let go."""
        with self._lock:
            known = digests & self._entries.keys()
            here = {digest for digest in known if self._entries[digest].is_here()}
            for digest in here:
                self._entries[digest].users += 1
                self._entries.move_to_end(digest)
        return here

    def _let_go(self, digests: set[str]) -> None:
        with self._lock:
            for digest in digests:
                self._entries[digest].users -= 1
            total = sum(entry.size for entry in self._entries.values())
            for digest, entry in list(self._entries.items()):
                if total <= self._most:
                    return
                if not entry.users:
                    total -= entry.size
                    del self._entries[digest]
                    with contextlib.suppress(FileNotFoundError):  # somebody cleaned up
                        shutil.rmtree(entry.path.parent)

    def _come(self, names: dict[str, str], fetch: Fetch, held: set[str]) -> None:
        """Fetch, and keep and hold what is what its hash says."""
        while names and (found := fetch(tuple(names))):
            for digest, content in found.items():
                name = names.pop(digest)
                if hashlib.sha256(content).hexdigest() != digest:
                    log.warning("bars-not-as-named", file=name, bytes=len(content))
                    continue
                path = self._folder / digest / name
                path.parent.mkdir(parents=True, exist_ok=True)  # all, some or none may be there
                path.write_bytes(content)
                with self._lock:  # known already, where only its file was gone
                    entry = self._entries.setdefault(digest, _Entry(path, len(content), users=0))
                    entry.users += 1
                held.add(digest)

    def _read(self, digest: str) -> FileBars:
        entry = self._entries[digest]
        with entry.reading:
            if entry.whole is None:
                entry.whole = read_file(entry.path)
                entry.size += entry.whole.size()
        return entry.whole


class SentData:
    """Implements `ports.BarSource`: the bars of one job."""

    def __init__(self, wanted: Wanted, read: Callable[[str], FileBars]) -> None:
        self._wanted, self._read = wanted, read

    def bars(self, symbol: str, interval: str, start: str | None, end: str | None) -> Bars:
        """See `ports.BarSource`; raises what the daemon has said of bars that it has not."""
        named = self._wanted[symbol, interval]
        if isinstance(named, AlgoOpsError):
            raise named
        return self._read(named.digest).cut(symbol, interval, start, end)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}") from error


def names_of(wanted: Wanted) -> dict[str, str]:
    """The files that are named, by digest."""
    return {one.digest: one.name for one in wanted.values() if isinstance(one, SentFile)}
