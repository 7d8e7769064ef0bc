"""How much may be under way at a time: of all authors together, and of one."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from components.errors import TransientError


class Places:
    """Counts what is under way on one event loop; whoever comes beyond a bound is told to wait."""

    def __init__(self, most: int, each: int) -> None:
        self._most, self._each = most, each
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, author: str) -> Iterator[None]:
        """A place of an author, for as long as the block runs.

        Raises:
            TransientError: there is none left.
        """
        if self._taken[author] >= self._each:
            raise TransientError(
                f"{self._each} requests of yours are under way already", hint="wait for them"
            )
        if self._taken.total() >= self._most:
            raise TransientError("too many requests are under way", hint="try again in a minute")
        self._taken[author] += 1
        try:
            yield
        finally:
            self._taken[author] -= 1
