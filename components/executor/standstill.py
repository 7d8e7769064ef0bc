"""Notices that this process itself stood still: it was stopped, frozen, or starved of a processor.

Budgets of time are measured here and spent there: what a guest could not do in the meantime says
nothing about it.
"""

import threading
import time
from types import TracebackType
from typing import Self

from components.errors import TransientError

TICK_S = 0.5
STILL_S = 5.0
"""A pause that no busy machine makes."""


class Standstill:
    """Watches over a block. Use as a context manager.

    Attributes:
        longest_s: how long the process stood still at most, in seconds.

    Raises:
        TransientError: the machine has no thread for it.
    """

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._last = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="standstill", daemon=True)

    @property
    def seen(self) -> bool:
        """Whether it stood still for longer than a busy machine explains."""
        return self.longest_s > STILL_S

    def _watch(self) -> None:
        over = False
        while not over:
            over = self._done.wait(TICK_S)
            now = time.monotonic()
            self.longest_s = max(self.longest_s, now - self._last - TICK_S)
            self._last = now

    def __enter__(self) -> Self:
        try:
            self._thread.start()
        except RuntimeError as error:
            raise TransientError(
                f"the machine could not start a thread for a job: {error}"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
