"""Watches a folder and calls back once for a burst of changes.

A hint only: whoever is called looks themselves, and the clock finds what the kernel did not tell.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from components.errors import TransientError

QUIET_S = 0.05
LONGEST_S = 0.5
CHANGES: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
]
"""All that the kernel is to tell: else it would tell of every file whenever it is read."""


class FolderWatch(FileSystemEventHandler):
    """Calls `changed` from its own thread, once for a burst of changes.

    Args:
        folder: what is watched; what is in its folders is not.
        changed: called without arguments; must not raise.
        name: of the thread.
        quiet_s: seconds without a further change before the call.
        longest_s: seconds after the first change at which it is called anyway.

    Use as a context manager, or `start()` and `stop()`.
    """

    def __init__(
        self,
        folder: Path,
        changed: Callable[[], None],
        name: str,
        quiet_s: float = QUIET_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._folder = folder
        self._changed = changed
        self._quiet_s = quiet_s
        self._longest_s = longest_s
        self._condition = threading.Condition()
        self._touched = 0
        self._stopping = False
        self._observer = Observer()
        self._caller = threading.Thread(target=self._call, name=name, daemon=True)

    def _prepare(self) -> None:
        """What else is to be watched."""

    def _concerns(self, path: str) -> bool:  # noqa: ARG002  # for those who choose
        """Whether a change of this path counts."""
        return True

    def start(self) -> None:
        """Watch from now on; what moved before is not reported.

        Raises:
            TransientError: the kernel does not let us watch (its message says why).
        """
        try:
            self._prepare()
            self._observer.schedule(self, str(self._folder), recursive=False, event_filter=CHANGES)
            self._observer.start()
        except OSError as error:
            raise TransientError(
                f"cannot watch {self._folder}: {error.strerror}",
                hint="raise fs.inotify.max_user_watches and max_user_instances",
            ) from error
        self._caller.start()

    def stop(self) -> None:
        """Stop watching and wait for a call that is under way. Idempotent."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()
        if self._caller.is_alive():
            self._caller.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by watchdog for everything in the watched folders."""
        paths = (str(event.src_path), str(event.dest_path))
        if any(self._concerns(p) for p in paths if p):
            with self._condition:
                self._touched += 1
                self._condition.notify_all()

    def _call(self) -> None:
        while self._wait_for_quiet():
            self._changed()

    def _wait_for_quiet(self) -> bool:
        with self._condition:
            self._condition.wait_for(lambda: self._touched or self._stopping)
            rounds = max(1, round(self._longest_s / self._quiet_s))
            for _ in range(rounds):
                seen = self._touched
                if self._stopping or not self._moved_since(seen):
                    break
            self._touched = 0
            return not self._stopping

    def _moved_since(self, seen: int) -> bool:
        return self._condition.wait_for(
            lambda: self._touched != seen or self._stopping, timeout=self._quiet_s
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
