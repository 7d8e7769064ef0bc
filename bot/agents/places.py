"""How much may be under way at a time, of all authors and of one, and how often within an hour."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from bot.report.values import counted
from components.errors import TransientError

HOUR_S = 3_600.0


class Places:
    """Counts what is under way, in any thread; whoever comes beyond a bound is told to wait."""

    def __init__(self, most: int, each: int) -> None:
        self._most, self._each = most, each
        self._lock = Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, author: str) -> Iterator[None]:
        """A place of an author, for as long as the block runs.

        Raises:
            TransientError: there is none left.
        """
        with self._lock:
            if self._taken[author] >= self._each:
                raise TransientError(
                    f"{self._each} requests of yours are under way already", hint="wait for them"
                )
            if self._taken.total() >= self._most:
                raise TransientError(
                    "too many requests are under way", hint="try again in a minute"
                )
            self._taken[author] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[author] -= 1


class Hourly:
    """How often one author may begin something within an hour; used from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._began: deque[float] = deque()

    def begin(self, most: int) -> None:
        """Begin once more.

        Raises:
            TransientError: it was begun `most` times within the last hour; says how long to wait.
        """
        with self._lock:
            now = self._clock()
            while self._began and self._began[0] <= now - HOUR_S:
                self._began.popleft()
            if len(self._began) >= most:
                minutes = int((self._began[-most] + HOUR_S - now) // 60) + 1
                raise TransientError(
                    f"you have had {counted(most, 'check')} within an hour: that is the limit",
                    hint=f"the next one may begin in {minutes} minutes",
                )
            self._began.append(now)
