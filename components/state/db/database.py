"""Connections and transactions: one writer at a time, readers beside it, errors in our words."""

import json
import math
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from components.state.db import clock, schema
from components.state.db.checkpoints import Checkpoints
from components.state.db.errors import (
    StateBusy,
    StateCorrupt,
    StateReadOnly,
    StateUnreadable,
    translated,
)
from components.state.db.turnstile import Turnstile
from components.state.db.writer import Params, Transactions

BUSY_S = 10.0
"""How long a process waits for another one's write, in seconds."""

_OPENING_S = 0.02
_SMALLEST = 512
_HEADER = 20
_READ_VERSION = 19
_WAL = b"\x02"
"""The read version of a database in WAL mode (https://sqlite.org/fileformat2.html, 1.3.3)."""
_WAL_LIMIT = 64 * 1024 * 1024
_TO_WRITE = "mode=rwc"


class Database:
    """One SQLite file for any number of threads.

    Writes go through one connection under a lock in this process, and `BEGIN IMMEDIATE` between
    processes. Reads take an idle connection each; inside its own transaction a thread reads what
    it wrote. A commit is on disk (synchronous=FULL) before the block is left.
    """

    def __init__(
        self,
        path: Path,
        *,
        create: bool = True,
        upgrade: bool = False,
        look: bool = False,
        busy_s: float = BUSY_S,
        time: clock.Clock = clock.now,
    ) -> None:
        self.path = path
        self.time = time
        self._busy_s = busy_s
        self._upgrade = upgrade
        self._idle_readers: deque[sqlite3.Connection] = deque()
        if not create and not path.exists():
            raise StateUnreadable(
                f"there is no database at {path}", hint="start the bot once: `algoops run`"
            )
        if path.is_file() and 0 < path.stat().st_size < _SMALLEST:
            # SQLite takes so short a file for an empty database and would overwrite it.
            raise StateCorrupt(f"{path} is not a database", hint="move the file away")
        self._how, self._still = _to_look(path) if look else (_TO_WRITE, None)
        connection = self._open()
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._checkpoints = Checkpoints(connection, path)
        self._turnstile = Turnstile(path, busy_s)
        self._writer = Transactions(connection, self._turnstile, self._checkpoints.claim)

    def _open(self) -> sqlite3.Connection:
        with translated(self.path):
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?{self._how}",
                uri=True,
                timeout=self._busy_s,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.row_factory = sqlite3.Row
            try:
                connection.execute("PRAGMA foreign_keys = ON")
                # So that INSERT OR REPLACE does not pass the audit log's guards.
                connection.execute("PRAGMA recursive_triggers = ON")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(
                    "PRAGMA temp_store = MEMORY"
                )  # where no other folder is writable
                connection.execute("PRAGMA wal_autocheckpoint = 0")
                connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
            except BaseException:
                connection.close()
                raise
            return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        with translated(self.path):
            # Before the mode is set: what is refused is not changed by a byte.
            schema.refuse(connection, self.path, upgrade=self._upgrade)
            if self._how != _TO_WRITE:
                return
            mode = self._wal_mode(connection)
            if mode != "wal":
                raise StateReadOnly(
                    f"{self.path} cannot be kept in WAL mode (it is in {mode} mode)",
                    hint="put `state.dir` on a local, writable disk",
                )
            schema.update(connection, self.path, upgrade=self._upgrade)

    def _wal_mode(self, connection: sqlite3.Connection) -> str:
        """Turn the WAL on; SQLite's own waiting does not cover this while others open it too."""
        deadline = monotonic() + self._busy_s
        pause = threading.Event()
        while True:
            try:
                return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or monotonic() > deadline:
                    raise
            pause.wait(_OPENING_S)

    # --- writing -------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One commit for everything inside; an exception undoes all of it.

        Blocks nest: an inner one that fails is undone by itself if its exception is caught.
        Keep it short: no other thread or process can write meanwhile.

        Raises:
            StateBusy, StateFull, StateReadOnly, StateCorrupt, StateFault: nothing was written.
        """
        with translated(self.path), self._writer.transaction():
            yield

    def afterwards(self, action: Callable[[], None]) -> None:
        """Run an action once this thread's transaction is over; see `Transactions.afterwards`."""
        self._writer.afterwards(action)

    def execute(self, sql: str, params: Params = ()) -> sqlite3.Cursor:
        """One writing statement; only inside `transaction()`."""
        try:
            return self._writer.execute(sql, params)
        except UnicodeEncodeError:
            return self._writer.execute(sql, _storable(params))

    def insert(self, table: str, values: Mapping[str, Any]) -> int:
        """Insert one row; returns its number. Table and columns are ours, never from outside."""
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" for _ in values)
        cursor = self.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608  # our words, bound values
            tuple(values.values()),
        )
        return int(cursor.lastrowid or 0)

    # --- reading -------------------------------------------------------------------------------

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        if self._writer.mine():
            yield self._writer.connection
            return
        try:
            connection = self._idle_readers.pop()
        except IndexError:
            connection = self._open()
            connection.execute("PRAGMA query_only = ON")
        try:
            yield connection
        finally:
            self._idle_readers.append(connection)
            if self._still is not None and _written(self.path) != self._still:
                raise StateBusy(
                    f"somebody began to write {self.path} while it was looked at",
                    hint="try again; nothing was written",
                )

    def rows(self, sql: str, params: Params = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with translated(self.path), self._reader() as connection:
            return connection.execute(sql, params).fetchall()

    def one(self, sql: str, params: Params = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        rows = self.rows(sql, params)
        return rows[0] if rows else None

    def value(self, sql: str, params: Params = ()) -> Any:
        """The first column of the first row; None where there is none."""
        row = self.one(sql, params)
        return row[0] if row is not None else None

    def counts(self, sql: str, params: Params = ()) -> dict[str, int]:
        """First column -> second column of a grouping query."""
        return {str(row[0]): int(row[1]) for row in self.rows(sql, params)}

    # --- the whole file ------------------------------------------------------------------------

    def now(self) -> str:
        """The clock's time as text."""
        return clock.text(self.time())

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that only reads; writers go on."""
        with translated(self.path), self._reader() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections; the last one to close merges the WAL into the file."""
        while self._idle_readers:
            self._idle_readers.pop().close()
        self._writer.close()
        self._checkpoints.release()
        self._turnstile.close()


_Written = tuple[int, int, bool]


def _to_look(path: Path) -> tuple[str, _Written | None]:
    """How a file is opened by whoever only looks, so that it and its folder stay as they are.

    Not for a process that has it open already: whoever closes a file drops all locks that the
    process has on it, and another process would take the log away (SQLite, "How To Corrupt", 2.2).

    Returns:
        Words for SQLite, and what the file must remain like meanwhile (None: SQLite sees to that).
    """
    try:
        with path.open("rb") as file:
            in_wal_mode = file.read(_HEADER)[_READ_VERSION:] == _WAL
    except OSError:
        return _TO_WRITE, None  # SQLite says what is wrong with it
    if not in_wal_mode:
        return "mode=ro", None
    still = _written(path)
    if still[-1]:  # somebody works on it, or was killed
        return _TO_WRITE, None
    return "mode=ro&immutable=1", still  # else SQLite would make a log beside it


def _written(path: Path) -> _Written:
    """When a file was written, its size, and whether there is a write-ahead log beside it."""
    try:
        file = path.stat()
    except FileNotFoundError:
        return 0, 0, False
    return file.st_mtime_ns, file.st_size, path.with_name(f"{path.name}-wal").exists()


def encode(document: Any) -> str:
    """Canonical JSON in ASCII: sorted keys, no blanks; NaN and infinity become null.

    ASCII, as JSON from outside may hold lone surrogates, which no file can take as UTF-8.
    """
    try:
        return _dumps(document)
    except ValueError:
        return _dumps(_finite(document))


def _dumps(document: Any) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _finite(document: Any) -> Any:
    if isinstance(document, Mapping):
        return {key: _finite(value) for key, value in document.items()}
    if isinstance(document, (list, tuple)):
        return [_finite(value) for value in document]
    if isinstance(document, float) and not math.isfinite(document):
        return None
    return document


def _storable(params: Params) -> Params:
    def clean(value: Any) -> Any:
        return storable(value) if isinstance(value, str) else value

    if isinstance(params, Mapping):
        return {name: clean(value) for name, value in params.items()}
    return tuple(clean(value) for value in params)


def storable(text: str) -> str:
    """The text with lone surrogates replaced by question marks: what a file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def decode(text: str) -> dict[str, Any]:
    """The object that `encode` wrote."""
    document = json.loads(text)
    if not isinstance(document, dict):
        raise TypeError(f"expected a JSON object in the database, found {text[:40]!r}")
    return document
