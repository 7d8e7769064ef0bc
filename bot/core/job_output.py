"""Output of running jobs: in the log, and kept in memory for the pages of their run.

All of it is untrusted text for people: nothing is decided by it, and lines may be missing.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.core.broadcast import Broadcast
from bot.core.notices import RunSpoke
from components.ports import OutputLine

OnOutput = Callable[[str, OutputLine], None]
"""Takes a job's label ("strategy/symbol") and a line of its output; returns at once."""

LINES_A_RUN = 400
TELL_EVERY_S = 1.0

log = structlog.get_logger(__name__)


@dataclass
class _RunOutput:
    lines: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=LINES_A_RUN))
    progress: dict[str, str] = field(default_factory=dict)
    told_at: float = 0.0


class JobOutput:
    """The last lines of each run that is at work. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[int, _RunOutput] = {}

    def listener(self, run_id: int, progress: Broadcast) -> OnOutput:
        """Who listens to the jobs of a run; pages that watch it look again, once a second."""
        with self._lock:
            self._runs[run_id] = _RunOutput()

        def hear(label: str, said: OutputLine) -> None:
            log_output(label, said)
            if self._keep(run_id, label, said):
                progress.tell(RunSpoke(run_id))

        return hear

    def of(self, run_id: int) -> dict[str, tuple[str, ...]]:
        """Lines by strategy, in the order in which they came; then how far its jobs are."""
        with self._lock:
            spoken = self._runs.get(run_id)
            said = [*spoken.lines, *spoken.progress.items()] if spoken else []
        found: dict[str, list[str]] = {}
        for label, text in said:
            found.setdefault(label.partition("/")[0], []).append(f"{label}: {text}")
        return {strategy: tuple(lines) for strategy, lines in found.items()}

    def forget(self, run_id: int) -> None:
        """The run has ended: what its jobs wrote is in its report."""
        with self._lock:
            self._runs.pop(run_id, None)

    def _keep(self, run_id: int, label: str, said: OutputLine) -> bool:
        """Keep a line; whether those who watch are to be told."""
        with self._lock:
            spoken = self._runs.get(run_id)
            if spoken is None:
                return False
            if said.source == "progress":
                spoken.progress[label] = said.text
            else:
                spoken.lines.append((label, f"{said.source}: {said.text}"))
            now = time.monotonic()
            due = now - spoken.told_at >= TELL_EVERY_S
            spoken.told_at = now if due else spoken.told_at
            return due


def log_output(label: str, said: OutputLine) -> None:
    """A line of a job in the daemon's log; how far it is stays out of it."""
    if said.source != "progress":
        log.info("job says", job=label, source=said.source, text=said.text, worker=said.worker)
