"""Market data behind a URL: listed anew every so often, fetched once for each content.

A listing that is too old is never used: where none can be made, there are no bars and no verdict.
What a new listing still names unchanged is not fetched again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.engine.data.names import DataFile, entry
from components.engine.data.remote_errors import disk_error, for_people
from components.errors import AlgoOpsError, ConfigError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.engine.data.place import RemotePlace

LARGEST = 4 << 30
MOST_FILES = 100_000
FETCHES = 3
"""How often a file is fetched that changes while it is fetched."""

KEEP_S = 7 * 86_400.0
"""Seconds for which content stays in the cache that no listing names any more."""

BLOCK = 1 << 22
_MARKS = (
    "ETag", "etag", "md5Hash", "generation", "content_md5", "LastModified", "last_modified",
    "updated", "mtime",
)  # fmt: skip
"""What file systems say of a file that changes with its content."""

_S3_OPTIONS = {
    "use_listings_cache": False,
    "config_kwargs": {
        "connect_timeout": 5,
        "read_timeout": 30,
        "retries": {"max_attempts": 2, "mode": "standard"},
    },
}


@dataclass(frozen=True)
class _Known:
    """A file as it was listed, and the SHA-256 (hex) of its content where it was fetched."""

    mark: str
    size: int
    sha256: str = ""


@dataclass(frozen=True)
class _Listing:
    """Attributes: `made` is in seconds since 1970; `others` are entries that are no files."""

    made: float = 0.0
    files: Mapping[str, _Known] = field(default_factory=dict)
    others: tuple[str, ...] = ()


class RemoteFolder:
    """The files behind a URL, and copies of them on this machine.

    All processes of the machine share a listing and its files, so that they see the same data.

    Args:
        place: the URL and the cache.
    """

    def __init__(self, place: RemotePlace) -> None:
        self._place = place
        self._cache = place.cache / hashlib.sha256(place.url.encode()).hexdigest()[:16]
        self._seen: set[Path] = set()
        self._opened: tuple[Any, str] | None = None

    def entries(self) -> tuple[DataFile, ...]:
        """Every entry, sorted by name, also those that are not read, with the reason.

        Raises:
            TransientError: the files can't be listed for now.
            ConfigError: they can't be listed until somebody changes something; says what.
        """
        listing = self._listing()
        files = [self._entry(name, known) for name, known in listing.files.items()]
        folders = [
            DataFile(Path(name), skipped="a folder: only files of the URL itself are read")
            for name in listing.others
        ]
        return tuple(sorted((*files, *folders), key=lambda one: one.path.name))

    def local(self, file: DataFile) -> Path:
        """The copy of a file on this machine, fetched where it is not there yet.

        Raises:
            TransientError, ConfigError: it can't be fetched, as with `entries`.
        """
        name = file.path.name
        known = self._listing().files.get(name)
        if known is None:
            raise TransientError(f"{name} is not at {self._place} any more")
        with self._locked(f"{name}.lock"):
            known = self._read().files.get(name, known)  # another process may have fetched it
            path = self._object(name, known.sha256)
            if not known.sha256 or not self._is_whole(path, known.sha256):
                path = self._fetch(name)
        return path

    def name(self, file: DataFile) -> str:
        """Where the file is, for people."""
        return f"{self._place}/{file.path.name}"

    def _entry(self, name: str, known: _Known) -> DataFile:
        path = self._object(name, known.sha256)
        if not name.lower().endswith(".parquet"):
            skipped = "only .parquet is read from a URL: `algoops data import --into` makes them"
            return DataFile(path, skipped=skipped)
        return entry(path, there=True)

    def _object(self, name: str, sha256: str) -> Path:
        return self._cache / "objects" / (sha256 or "not-fetched") / name

    # --- the listing ---------------------------------------------------------------------------

    def _listing(self) -> _Listing:
        """The one that there is while it is young, else a new one."""
        listing = self._read()
        if self._is_young(listing):
            return listing
        with self._locked("listing.lock"):
            listing = self._read()
            return listing if self._is_young(listing) else self._list()

    def _is_young(self, listing: _Listing) -> bool:
        return 0 <= time.time() - listing.made < self._place.poll_s

    def _list(self) -> _Listing:
        begun = time.time()
        try:
            with for_people(self._place.url, self._cache):
                system, folder = self._open()
                system.invalidate_cache()
                found = system.ls(folder, detail=True)
        except AlgoOpsError:
            self._opened = None  # the next one looks for credentials anew
            raise
        if len(found) > MOST_FILES:
            raise ConfigError(f"{self._place} holds more than {MOST_FILES} files")
        named = {str(one["name"]).rstrip("/").rpartition("/")[2]: one for one in found}
        own = folder.rstrip("/").rpartition("/")[2]
        files = {
            name: _Known(_mark(one), int(one["size"] or 0))
            for name, one in named.items()
            if one["type"] == "file" and name
        }
        others = tuple(n for n, one in named.items() if one["type"] != "file" and n != own)
        return self._keep(replace(_Listing(begun, files, others)))

    def _keep(self, new: _Listing) -> _Listing:
        """Write it down, with what is known of the contents of files that did not change."""
        with self._locked("index.lock"):
            old = self._read().files
            files = {
                name: old[name] if name in old and old[name].mark == known.mark else known
                for name, known in new.files.items()
            }
            listing = replace(new, files=files)
            self._write(listing)
        self._forget(listing)
        return listing

    def _read(self) -> _Listing:
        try:
            kept = json.loads((self._cache / "index.json").read_text(encoding="utf-8"))
            files = {name: _Known(*known) for name, known in kept["files"].items()}
            return _Listing(kept["made"], files, tuple(kept["others"]))
        except (OSError, ValueError, KeyError, TypeError):
            return _Listing()  # why: none yet, or cut off by a power failure; it is made anew

    def _write(self, listing: _Listing) -> None:
        files = {n: (known.mark, known.size, known.sha256) for n, known in listing.files.items()}
        kept = {"made": listing.made, "files": files, "others": listing.others}
        draft = self._cache / f".index-{os.getpid()}"
        with self._space():
            draft.write_text(json.dumps(kept), encoding="utf-8")
            draft.replace(self._cache / "index.json")

    def _forget(self, listing: _Listing) -> None:
        """Remove contents that have not been named for a while."""
        named = {known.sha256 for known in listing.files.values()}
        for path in (self._cache / "objects").glob("*"):
            if path.name not in named and time.time() - path.stat().st_mtime > KEEP_S:
                shutil.rmtree(path, ignore_errors=True)  # why: another process may remove it too

    # --- contents ------------------------------------------------------------------------------

    def _is_whole(self, path: Path, sha256: str) -> bool:
        """Whether the copy is there and what was fetched; each process looks once."""
        if path in self._seen and path.exists():
            return True
        try:
            whole = _sha256(path) == sha256
        except FileNotFoundError:
            return False
        if whole:
            self._seen.add(path)
        return whole

    def _fetch(self, name: str) -> Path:
        for _ in range(FETCHES):
            with for_people(f"{self._place}/{name}", self._cache):
                fetched = self._fetch_once(name)
            if fetched is not None:
                return self._record(name, *fetched)
        raise TransientError(
            f"{self._place}/{name} changes while it is fetched",
            hint="it is tried again; replace files as a whole, not in parts",
        )

    def _fetch_once(self, name: str) -> tuple[_Known, Path] | None:
        """What was fetched and where it lies; None where the file changed meanwhile."""
        system, folder = self._open()
        remote = f"{folder}/{name}"
        before = self._look(remote)
        if before.size > LARGEST:
            raise ConfigError(f"{self._place}/{name} is larger than 4 GB", hint="split it")
        objects = self._cache / "objects"
        objects.mkdir(exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=".fetching-", dir=self._cache)
        os.close(handle)
        try:
            system.get_file(remote, draft)
            whole = Path(draft).stat().st_size == before.size
            if not whole or self._look(remote) != before:
                return None
            known = replace(before, sha256=_sha256(Path(draft)))
            return known, self._place_object(Path(draft), name, known.sha256)
        finally:
            Path(draft).unlink(missing_ok=True)

    def _place_object(self, draft: Path, name: str, sha256: str) -> Path:
        target = self._object(name, sha256)
        target.parent.mkdir(exist_ok=True)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)
        os.utime(target.parent)
        return target

    def _record(self, name: str, known: _Known, path: Path) -> Path:
        with self._locked("index.lock"):
            listing = self._read()
            self._write(replace(listing, files={**listing.files, name: known}))
        self._seen.add(path)
        return path

    def _look(self, remote: str) -> _Known:
        system, _ = self._open()
        system.invalidate_cache()
        found = system.info(remote)
        return _Known(_mark(found), int(found["size"] or 0))

    def _open(self) -> tuple[Any, str]:
        if self._opened is None:
            import fsspec.core  # noqa: PLC0415  # an optional extra

            url = self._place.url
            options = _S3_OPTIONS if url.startswith(("s3:", "s3a:")) else {}
            system, folder = fsspec.core.url_to_fs(url, skip_instance_cache=True, **options)
            self._opened = system, folder.rstrip("/")
        return self._opened

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """One process and one thread at a time; the kernel lets go where the process ends."""
        locks = self._cache / "locks"
        with self._space():
            locks.mkdir(parents=True, exist_ok=True)
            file = (locks / name).open("w", encoding="ascii")
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _space(self) -> Iterator[None]:
        """Faults of the cache's own disk are said as such."""
        try:
            yield
        except OSError as error:
            raise disk_error(self._cache, error) from error


def _mark(found: Mapping[str, Any]) -> str:
    marks = [f"{key}={found[key]}" for key in _MARKS if found.get(key)]
    return "|".join(marks or [repr(sorted(found.items(), key=str))])


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
