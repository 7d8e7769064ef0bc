"""What lately broke without being anybody's content: for health, and so that logs say it once."""

import threading
import time

TROUBLE_S = 3600.0
"""How long a trouble is shown that did not come to an end by itself."""

SAY_AGAIN_S = 60.0
"""How often the log is told of a lasting trouble: all threads meet a full disk each second."""


class Troubles:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, tuple[float, str]] = {}
        self._said: dict[tuple[str, str], float] = {}

    def note(self, what: str, why: str) -> None:
        """Something broke: what was at work, and the cause for people."""
        with self._lock:
            self._open[what] = (time.monotonic(), why)

    def over(self, what: str) -> None:
        """The same thing went well."""
        with self._lock:
            self._open.pop(what, None)

    def lately(self) -> tuple[str, ...]:
        """What broke in the last hour and has not gone well since: "what: why", newest first."""
        now = time.monotonic()
        with self._lock:
            found = [(at, f"{what}: {why}") for what, (at, why) in self._open.items()]
        return tuple(text for at, text in sorted(found, reverse=True) if now - at < TROUBLE_S)

    def is_news(self, what: str, why: str) -> bool:
        """Whether the log has not been told of it within the last minute; it is told now."""
        now = time.monotonic()
        with self._lock:
            self._said = {key: at for key, at in self._said.items() if now - at < SAY_AGAIN_S}
            return self._said.setdefault((what, why), now) == now
