"""Processes that want to write line up, so that a busy one cannot starve the others.

SQLite's own waiting is polling with growing sleeps: a process that writes without a pause takes the
lock again before a sleeper wakes. Here the next writer holds the turnstile while it waits for the
database, and whoever has just written must queue behind it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.state.db.errors import StateBusy

_PAUSE_S = 0.001


class Turnstile:
    """A lock (flock) on the database's folder: it is there anyway and ends with its process."""

    def __init__(self, database: Path, patience_s: float) -> None:
        self._database = database
        self._patience_s = patience_s
        self._fd = os.open(database.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the turnstile while the block takes the database's own lock.

        Raises:
            StateBusy: somebody stood in it for longer than the patience.
        """
        deadline = time.monotonic() + self._patience_s
        while not self._taken():
            if time.monotonic() > deadline:
                raise StateBusy(
                    f"{self._database} is in use by another process",
                    hint="try again; nothing was written",
                )
            time.sleep(_PAUSE_S)  # why: another process holds the lock, with a deadline
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let go of the folder. Idempotent."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
