"""One daemon for one database: a lock on a file that names its holder."""

import fcntl
import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from components.state.db import clock
from components.state.db.errors import LockHeld, StateReadOnly

LOCK = "algoops.lock"
"""The lock's file name, beside the database's."""


@dataclass(frozen=True)
class Holder:
    """Who holds the lock."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


class DaemonLock:
    """An exclusive lock that ends with its process, however that ends. Use as a context manager.

    The kernel holds it (flock): nothing is left behind by a crash, and the words in the file are
    only there to tell people who it is.
    """

    def __init__(self, path: Path, *, time: clock.Clock = clock.now) -> None:
        self.path = path
        self._time = time
        self._fd: int | None = None

    def acquire(self) -> Holder:
        """Take the lock.

        Raises:
            LockHeld: another process has it; names it.
            StateReadOnly: the file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StateReadOnly(f"cannot write {self.path}: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise LockHeld(
                f"another daemon works on this database: {_read(self.path) or 'it is starting'}",
                hint=f"stop it first; the lock is {self.path}",
            ) from None
        me = Holder(os.getpid(), socket.gethostname(), clock.text(self._time()))
        try:
            os.ftruncate(fd, 0)
            os.pwrite(fd, json.dumps(asdict(me)).encode(), 0)
        except OSError as error:
            os.close(fd)
            raise StateReadOnly(f"cannot write {self.path}: {error.strerror}") from error
        self._fd = fd
        return me

    def release(self) -> None:
        """Give it up. Idempotent."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None

    def holder(self) -> Holder | None:
        """Who has it, as far as it can be told without trying to take it."""
        found = _read(self.path)
        here = found is not None and found.host == socket.gethostname()
        if found is None or (here and not Path(f"/proc/{found.pid}").exists()):
            return None
        return found

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _read(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
