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
from typing import TYPE_CHECKING

from components.sandbox.limits.claims import claim

if TYPE_CHECKING:
    import socket

_libc = ctypes.CDLL(None)


class Processor:
    """A processor that the calling thread stays on until `leave`; the guest is told its number.

    Two conversations of this machine never stay on the same one: that would halve the speed of both
    while another processor rests, for the kernel may not move them.

    Attributes:
        number: which one; None where there is no choice, or each is taken by a conversation.
    """

    def __init__(self) -> None:
        self._thread = threading.get_native_id()
        self._before = os.sched_getaffinity(self._thread)
        self._claim: socket.socket | None = None
        self.number = self._choose()

    def stay(self) -> None:
        """Keep the thread here. What it starts from now on would stay here too."""
        if self.number is not None:
            _keep(self._thread, {self.number})

    def leave(self) -> None:
        """Let the thread go where it likes again, from any thread. Idempotent."""
        held, self._claim = self._claim, None
        if held is not None:
            _keep(self._thread, self._before)
            self.number = None
            held.close()

    def _choose(self) -> int | None:
        if len(self._before) == 1:
            return None
        here = int(_libc.sched_getcpu())
        for number in sorted(self._before, key=lambda number: (number != here, number)):
            try:
                self._claim = claim(f"processor-{number}")
            except OSError:  # no descriptor is to be had: it only costs time
                return None
            if self._claim is not None:
                return number
        return None


def _keep(thread: int, processors: set[int]) -> None:
    """A thread that is gone, or processors that were taken away: it only costs time."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(thread, processors)
