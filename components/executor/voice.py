"""What running jobs say, bounded on the side of the worker: lines are for people, never results."""

import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import structlog

from components.ports import Hear, OutputLine
from components.texts import harmless

TEXT_CAP = 500
LINES_A_SECOND = 10.0
LINES_AT_ONCE = 50.0
LINES_A_JOB = 2_000

log = structlog.get_logger(__name__)
_speaking: ContextVar[Hear | None] = ContextVar("speaking", default=None)


class Voice:
    """One job's words: so many lines a second and in all, each printable and so long.

    Args:
        hear: is told what is within the bounds; of the rest, how much it was.
    """

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._lock = threading.Lock()
        self._left = LINES_A_JOB
        self._credit, self._at = LINES_AT_ONCE, time.monotonic()
        self._dropped = 0

    def say(self, said: OutputLine) -> None:
        """Tell a line, or count it as dropped. From any thread."""
        with self._lock:
            if not self._allowed():
                self._dropped += 1
                return
            dropped, self._dropped = self._dropped, 0
        if dropped:
            self._hear(OutputLine("worker", f"{dropped:,} lines are not shown"))
        self._hear(replace(said, text=one_line(said.text)))

    def _allowed(self) -> bool:
        now = time.monotonic()
        self._credit = min(LINES_AT_ONCE, self._credit + (now - self._at) * LINES_A_SECOND)
        self._at = now
        if self._credit < 1.0 or self._left <= 0:
            return False
        self._credit -= 1.0
        self._left -= 1
        return True


def one_line(text: str) -> str:
    """One line that does nothing to a terminal or a log: what is not printable is marked."""
    return harmless(text[:TEXT_CAP], keep="")


def hand_over(hear: Hear | None, said: OutputLine) -> None:
    """Tell whoever listens. Their fault is theirs: the job and its worker know nothing of it."""
    if hear is None:
        return
    try:
        hear(said)
    except Exception:  # a listener's bug must not end the thread that serves jobs
        log.exception("job_output_not_taken")


@contextmanager
def speaking(hear: Hear | None) -> Iterator[None]:
    """What is logged in the block, in this thread, is said of the job too; see `overheard`."""
    token = _speaking.set(hear)
    try:
        yield
    finally:
        _speaking.reset(token)


def overheard(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: log lines of a job's own thread are said of the job too."""
    hear = _speaking.get()
    if hear is not None:
        facts = " ".join(f"{k}={v}" for k, v in event.items() if k not in {"event", "exc_info"})
        hear(OutputLine("worker", f"{event.get('event', '')} {facts}".strip()))
    return event


def overhear_logs() -> None:
    """Put `overheard` first among this process's processors. For worker processes."""
    structlog.configure(processors=[overheard, *structlog.get_config()["processors"]])
