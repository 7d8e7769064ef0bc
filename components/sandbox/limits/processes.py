"""What the kernel says of a tree of processes: CPU time used, time waited for a processor."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

STOPPED = frozenset("Tt")
"""States of a process that somebody stopped (SIGSTOP, a debugger)."""


def children(pid: int) -> list[int]:
    """The living processes that a process has started; threads that end meanwhile are left out.

    Raises:
        FileNotFoundError, ProcessLookupError: there is no such process.
        OSError: this process has no descriptor left.
    """
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            found += map(int, (thread / "children").read_text(encoding="ascii").split())
    return found


def tree(first: int) -> Iterator[int]:
    """A process and all that descend from it; those that end meanwhile are left out.

    Raises:
        OSError: this process has no descriptor left.
    """
    waiting = [first]
    while waiting:
        pid = waiting.pop()
        try:
            below = children(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield pid
        waiting += below


def cpu_s(first: int) -> float | None:
    """CPU seconds of a tree, ended processes that were waited for included; None: not known."""
    ticks = _sum(first, _ticks)
    return None if ticks is None else ticks / os.sysconf("SC_CLK_TCK")


def waited_s(first: int) -> float | None:
    """Seconds that a tree's threads were ready to run and had no processor; None: not known."""
    nanoseconds = _sum(first, _wait_of_threads)
    return None if nanoseconds is None else nanoseconds / 1e9


def thread_waited_s(thread: int) -> float | None:
    """The same of one thread of this process."""
    try:
        return _wait(Path(f"/proc/self/task/{thread}/schedstat")) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def is_stopped(first: int) -> bool:
    """Whether somebody stopped one of a tree's processes."""
    return bool(_sum(first, _stopped))


def _sum(first: int, count: Callable[[int], int]) -> int | None:
    total, seen = 0, False
    try:
        for pid in tree(first):
            try:
                total += count(pid)
            except (FileNotFoundError, ProcessLookupError):
                continue
            seen = True
    except (OSError, ValueError, IndexError):  # no descriptor is left, or a kernel without counts
        return None
    return total if seen else None


def _fields(pid: int) -> list[str]:
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()


def _ticks(pid: int) -> int:
    return sum(int(ticks) for ticks in _fields(pid)[11:15])


def _stopped(pid: int) -> int:
    return int(_fields(pid)[0] in STOPPED)


def _wait_of_threads(pid: int) -> int:
    waited = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            waited += _wait(thread / "schedstat")
    return waited


def _wait(schedstat: Path) -> int:
    return int(schedstat.read_text(encoding="ascii").split()[1])
