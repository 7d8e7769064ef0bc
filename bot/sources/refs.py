"""Watches the refs of a local bare repository and calls back as soon as one may have moved.

A hint only: whoever is called reads the refs themselves, and the clock's sweep finds what the
kernel did not tell (network file systems, a full inotify queue).
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
_CHANGES: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
]
"""All that the kernel is to tell: else it would tell of every branch whenever they are read."""

_PACKED = "packed-refs"


class RefsWatch(FileSystemEventHandler):
    """Calls `changed` from its own thread, once for a burst of changes.

    Args:
        git_dir: the bare repository's folder.
        changed: called without arguments; must not raise.
        quiet_s: seconds without a further change before the call.
        longest_s: seconds after the first change at which it is called anyway.

    Use as a context manager, or `start()` and `stop()`.
    """

    def __init__(
        self,
        git_dir: Path,
        changed: Callable[[], None],
        *,
        quiet_s: float = QUIET_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._git_dir = git_dir
        self._changed = changed
        self._quiet_s = quiet_s
        self._longest_s = longest_s
        self._condition = threading.Condition()
        self._touched = 0
        self._stopping = False
        self._observer = Observer()
        self._caller = threading.Thread(target=self._call, name="refs-watch", daemon=True)

    def start(self) -> None:
        """Watch from now on; what moved before is not reported.

        Raises:
            TransientError: the kernel does not let us watch (its message says why).
        """
        heads = self._git_dir / "refs" / "heads"
        try:
            heads.mkdir(parents=True, exist_ok=True)
            for folder, below in ((heads, True), (self._git_dir, False)):
                self._observer.schedule(self, str(folder), recursive=below, event_filter=_CHANGES)
            self._observer.start()
        except OSError as error:
            raise TransientError(
                f"cannot watch {self._git_dir}: {error.strerror}",
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
        if any(self._is_ref(p) for p in paths if p):
            with self._condition:
                self._touched += 1
                self._condition.notify_all()

    def _is_ref(self, path: str) -> bool:
        if path.endswith(".lock"):
            return False
        relative = Path(path).relative_to(self._git_dir)
        return relative.parts[:2] == ("refs", "heads") or str(relative) == _PACKED

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
