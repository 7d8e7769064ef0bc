"""The last results by content, so that nothing is judged twice."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Cache(Generic[V]):
    """The last results by content: git blob ids of the files, policy, mode, parameters."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._known: OrderedDict[tuple[object, ...], V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[object, ...]) -> V | None:
        """The result for this content, if it is still known."""
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
            return found

    def put(self, key: tuple[object, ...], value: V) -> None:
        """Remember a result; the oldest is forgotten."""
        with self._lock:
            self._known[key] = value
            if len(self._known) > self.size:
                self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()


def blob_id(content: bytes) -> bytes:
    """The git blob id (SHA-1, raw) of a content."""
    head = b"blob %d\0" % len(content)
    return hashlib.sha1(head + content, usedforsecurity=False).digest()
