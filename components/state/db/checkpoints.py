"""One process merges the write-ahead log into the database; the others leave that to it.

SQLite before 3.51.3 can damage a database when connections of two processes checkpoint and commit
in the same instant (the "WAL-reset bug"; Debian 12 has 3.40). It needs two checkpoints without a
commit between them, which one checkpointing connection does not make.
"""

import fcntl
import os
import sqlite3
from pathlib import Path

PAGES = 1000
"""The log is merged when it has so many pages: SQLite's own default."""


class Checkpoints:
    """The right to checkpoint one database: a lock on its write-ahead log.

    That file may be locked: SQLite's own locks are on the other two (whose closing would drop
    them), and it stays in place for as long as anybody has the database open.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._log = path.with_name(path.name + "-wal")
        self._fd: int | None = None
        self.claim()

    def claim(self) -> None:
        """Take the right if nobody has it; tried after each commit, as the holder may be gone."""
        if self._fd is not None:
            return
        try:
            fd = os.open(self._log, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            return
        self._fd = fd
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES}")

    def release(self) -> None:
        """Give the right up, once the connections are closed. Idempotent."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
