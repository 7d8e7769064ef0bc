"""Bells: who waits for a change of the state is woken, instead of looking again and again."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import structlog
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

ORDERS = "orders.bell"
"""Rung by the command line when it has put an order into the daemon's inbox."""

SETTLED = "settled.bell"
"""Rung by whoever works on jobs when one of them has ended."""

LOOK_S = 2.0
RINGS = frozenset({"attrib", "modified", "created"})

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Bell:
    """A file in the state folder that is touched when something happened.

    A ring is a hint: it says that it is worth to look. The kernel may tell nothing (a network
    disk, no inotify watch left), so who waits also looks every LOOK_S.

    Args:
        file: its file, made at the first ring.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._condition = threading.Condition()
        self._rung = 0

    def ring(self) -> None:
        """Wake all that wait in this process, and in others that listen."""
        self._wake()
        with suppress(OSError):  # they look without it, only later
            self._file.touch()

    def wait_for(self, look: Callable[[], T | None], seconds: float) -> T | None:
        """What `look` finds: asked at once, after each ring, and every LOOK_S.

        Args:
            look: returns None while there is nothing; what it raises is raised here.
            seconds: how long to wait; then the result is None.
        """
        deadline = time.monotonic() + seconds
        while True:
            seen = self._rung
            found = look()
            left = deadline - time.monotonic()
            if found is not None or left <= 0:
                return found
            with self._condition:
                self._condition.wait_for(lambda: self._rung != seen, min(left, LOOK_S))  # noqa: B023  # called before `seen` changes

    @contextmanager
    def listening(self, heard: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hear the rings of other processes while the block runs.

        Args:
            heard: also called at each ring, from a thread of its own.
        """
        observer = Observer()
        try:
            self._file.touch()
            observer.schedule(_Ear(self._wake, heard), str(self._file))
            observer.start()
        except OSError as error:
            log.warning(
                "bell not heard", file=str(self._file), why=str(error), looks_every_s=LOOK_S
            )
        try:
            yield
        finally:
            if observer.is_alive():
                observer.stop()
                observer.join()

    def _wake(self) -> None:
        with self._condition:
            self._rung += 1
            self._condition.notify_all()


class _Ear(FileSystemEventHandler):
    """Calls when the file was touched."""

    def __init__(self, *heard: Callable[[], None]) -> None:
        self._heard = heard

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by watchdog."""
        if event.event_type in RINGS:
            for call in self._heard:
                call()
