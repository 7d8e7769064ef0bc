"""One processor for both ends of a conversation.

Host and guest take turns thousands of times a second and hardly ever work at the same time. On a
machine with nothing else to do the kernel gives each a processor of its own, which goes to sleep
between two turns; waking it up costs more than a trivial strategy's bar (a third of a run). On a
busy machine the kernel keeps them together by itself.
"""

import contextlib
import ctypes
import os
import threading

_libc = ctypes.CDLL(None)
_taken: set[int] = set()
_lock = threading.Lock()


class Processor:
    """A processor that the calling thread stays on until `leave`; the guest is told its number.

    Attributes:
        number: which one; None where there is no choice, or every one is taken by a conversation
            of this process.
    """

    def __init__(self) -> None:
        self._thread = threading.get_native_id()
        self._before = os.sched_getaffinity(self._thread)
        self.number = self._choose()

    def stay(self) -> None:
        """Keep the thread here. What it starts from now on would stay here too."""
        if self.number is not None:
            _keep(self._thread, {self.number})

    def leave(self) -> None:
        """Let the thread go where it likes again, from any thread. Idempotent."""
        if self.number is not None:
            _keep(self._thread, self._before)
            with _lock:
                _taken.discard(self.number)
            self.number = None

    def _choose(self) -> int | None:
        if len(self._before) == 1:
            return None
        here = int(_libc.sched_getcpu())
        with _lock:
            free = self._before - _taken
            if not free:
                return None
            number = here if here in free else min(free)
            _taken.add(number)
        return number


def _keep(thread: int, processors: set[int]) -> None:
    """A thread that is gone, or processors that were taken away: it only costs time."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(thread, processors)
