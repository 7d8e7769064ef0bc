"""Counts what a strategy asks for, and keeps its fingerprint."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from components.protocol.messages import OfSymbol, PlaceOrder, Weights

if TYPE_CHECKING:
    from components.protocol.messages import Op


class Requests:
    """All requests of one run.

    Attributes:
        orders: how many orders were placed; `counted`: those for a number of units; `weighted`:
            those of them that were target weights.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.orders = 0
        self.counted = 0
        self.weighted = 0

    def note(self, bars: int, op: Op) -> None:
        """One more, made when there were so many bars."""
        self._digest.update(msgspec.msgpack.encode((bars, op)))
        placed = op.op if isinstance(op, OfSymbol) else op
        if isinstance(placed, PlaceOrder):
            self.orders += 1
            self.counted += abs(placed.size) >= 1
        elif isinstance(placed, Weights):
            self.orders += 1
            self.weighted += 1

    def sha256(self) -> str:
        """SHA-256 (hex) of all of them, each with its bar."""
        return self._digest.hexdigest()
