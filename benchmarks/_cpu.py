"""CPU seconds of processes and of all that they started, those that have ended among them."""

import contextlib
import ctypes
import os
from pathlib import Path

from components.sandbox.limits import processes

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of what outlives its own below this process; call it once, at the start.

    Processes of sandboxes do, for a moment. Without this their time would be counted nowhere.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def alone_s(pid: int) -> float:
    """CPU seconds of a process itself; 0 where it is gone."""
    return _ticks(pid, reaped=False) / os.sysconf("SC_CLK_TCK")


def tree_s(pid: int) -> float:
    """CPU seconds of a process and of all that it started, living or not; 0 where it is gone.

    Exact for this process after `adopt_orphans`. For another one it can fall: what outlives its
    parent is no longer below it.
    """
    found, waiting = 0, [pid]
    while waiting:
        pid = waiting.pop()
        found += _ticks(pid, reaped=True)
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            waiting += processes.children(pid)
    return found / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int, *, reaped: bool) -> int:
    """Of the process, and where `reaped` of its children that it has waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended since it was listed: its parent's count has it
    return sum(map(int, fields[11 : 15 if reaped else 13]))
