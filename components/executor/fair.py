"""Whose job runs next: urgent ones first, then repositories by weight, in each its authors in turn.

A repository is charged the seconds that its jobs took, divided by its weight; the one that was
charged least goes next. One that had nothing to run begins where the least charged of those at work
stands: it is owed nothing for the time in which it asked for nothing. Authors of one repository
take turns job by job, so a fresh name comes after all that wait already.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from components.ports import Turn

Item = TypeVar("Item")

AHEAD = 32
"""How many that wait for one author are looked at to find the one that suits best."""


@dataclass(eq=False)
class _Repository(Generic[Item]):
    used: float = 0.0
    at_work: int = 0
    authors: OrderedDict[str, deque[Item]] = field(default_factory=OrderedDict)


class FairQueue(Generic[Item]):
    """A queue that ends; thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent: deque[Item] = deque()
        self._repositories: dict[str, _Repository[Item]] = {}
        self._closed = False

    def put(self, item: Item, turn: Turn) -> None:
        """Add one."""
        with self._changed:
            if turn.urgent:
                self._urgent.append(item)
            else:
                self._enter(turn.repository).authors.setdefault(turn.author, deque()).append(item)
            self._changed.notify()

    def _enter(self, name: str) -> _Repository[Item]:
        one = self._repositories.setdefault(name, _Repository())
        if not one.authors and not one.at_work:
            busy = [r.used for r in self._repositories.values() if r.authors or r.at_work]
            one.used = max(one.used, min(busy, default=0.0))
        return one

    def get(self, rank: Callable[[Item], int] = lambda _: 0) -> Item | None:
        """The next one, as soon as there is one; None once the queue is closed.

        Args:
            rank: of the oldest that wait for the author whose turn it is, the one with the lowest
                rank is given; among equals the oldest.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self) > 0)
            return None if self._closed else self._next(rank)

    def _next(self, rank: Callable[[Item], int]) -> Item:
        if self._urgent:
            return self._urgent.popleft()
        one = min((r for r in self._repositories.values() if r.authors), key=lambda r: r.used)
        author, items = next(iter(one.authors.items()))
        at = min(range(min(len(items), AHEAD)), key=lambda place: rank(items[place]))
        item = items[at]
        del items[at]
        one.authors.move_to_end(author)
        if not items:
            del one.authors[author]
        one.at_work += 1
        return item

    def done(self, turn: Turn, seconds: float) -> None:
        """One that `get` gave has run so long."""
        with self._changed:
            one = self._repositories.get(turn.repository)
            if one is not None and not turn.urgent:
                one.at_work -= 1
                one.used += seconds / turn.weight

    def close(self) -> list[Item]:
        """End it: nobody waits any longer. What nobody has taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            left = [*self._urgent]
            self._urgent.clear()
            for one in self._repositories.values():
                left += [item for items in one.authors.values() for item in items]
                one.authors.clear()
            return left

    def __len__(self) -> int:
        """How many wait."""
        waiting = (len(i) for r in self._repositories.values() for i in r.authors.values())
        return len(self._urgent) + sum(waiting)
