"""Live progress: whoever listens is told; nobody listening costs nothing."""

import threading
from collections.abc import Callable

from bot.core.notices import Progress

Listener = Callable[[Progress], None]


class Broadcast:
    """Hands each progress value to all listeners. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each value from now on; returns the way to stop."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop

    def tell(self, progress: Progress) -> None:
        """Hand one value to all listeners; a listener returns at once and never raises."""
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(progress)
