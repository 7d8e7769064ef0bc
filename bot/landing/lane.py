"""The lane of a repository: one at a time changes the base, and upkeep makes room for commands."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self


class Lane:
    """A lock that knows whether somebody waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0

    def __enter__(self) -> Self:
        """Wait for it; upkeep that has it is told to make room."""
        self._count(1)
        try:
            self._lock.acquire()
        finally:
            self._count(-1)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it."""
        self._lock.release()

    @contextmanager
    def patiently(self) -> Iterator[None]:
        """Wait for it as upkeep does: other upkeep that has it comes to its end first."""
        with self._lock:
            yield

    @contextmanager
    def if_free(self) -> Iterator[bool]:
        """Take it where nobody has it; whether it was taken."""
        taken = self._lock.acquire(blocking=False)
        try:
            yield taken
        finally:
            if taken:
                self._lock.release()

    def is_wanted(self) -> bool:
        """Whether a command waits for it."""
        return self._waiting > 0

    def _count(self, more: int) -> None:
        with self._counting:
            self._waiting += more
