"""Who runs beside whom: jobs run side by side, or one of them with nobody beside it."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOOK_S = 0.2
"""How often who waits looks whether it is still wanted."""

CALM_S = 60.0
"""How long a job that got no processor waits for a quieter machine before it is tried again."""


@dataclass(eq=False)
class Stay:
    """One run; `alone`: nobody was beside it so far."""

    alone: bool = True


class Room:
    """Thread-safe. Who wants to be alone goes before those who come later."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: set[Stay] = set()
        self._wanted = 0
        self._taken = False

    @contextmanager
    def enter(self, *, alone: bool, wanted: Callable[[], bool]) -> Iterator[Stay]:
        """Stay in it for a run.

        Args:
            alone: wait until nobody else is in it, and keep others out.
            wanted: asked while it waits; once it is not, it waits no longer.
        """
        stay = Stay()
        with self._changed:
            self._wanted += alone
            while not self._may_enter(alone=alone) and wanted():
                self._changed.wait(LOOK_S)
            self._wanted -= alone
            self._taken = self._taken or alone
            self._inside.add(stay)
            if len(self._inside) > 1:
                for other in self._inside:
                    other.alone = False
        try:
            yield stay
        finally:
            with self._changed:
                self._inside.discard(stay)
                self._taken = self._taken and not alone
                self._changed.notify_all()

    def _may_enter(self, *, alone: bool) -> bool:
        return not self._inside if alone else not (self._wanted or self._taken)


def wait_for_calm(given_up: threading.Event) -> None:
    """Wait until the machine has a processor to spare, at most `CALM_S`, or until given up."""
    deadline = time.monotonic() + CALM_S
    while os.getloadavg()[0] > (os.cpu_count() or 1) and time.monotonic() < deadline:
        if given_up.wait(LOOK_S):
            return
