"""Interval arithmetic: between which bounds a number of a rule can be."""

from __future__ import annotations

import math
from dataclasses import dataclass

INF = math.inf


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, both included; infinite where unknown."""

    low: float = -INF
    high: float = INF

    @property
    def exact(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    def __neg__(self) -> Range:
        return Range(-self.high, -self.low)

    def __add__(self, other: Range) -> Range:
        return _safe(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return self + -other

    def __mul__(self, other: Range) -> Range:
        products = [
            0.0 if 0.0 in (a, b) else a * b
            for a in (self.low, self.high)
            for b in (other.low, other.high)
        ]
        return _safe(min(products), max(products))

    def __truediv__(self, other: Range) -> Range:
        if other.low <= 0 <= other.high:
            return ANY
        return self * Range(1 / other.high, 1 / other.low)

    def __abs__(self) -> Range:
        if self.low >= 0:
            return self
        if self.high <= 0:
            return -self
        return Range(0.0, max(-self.low, self.high))


ANY = Range()


def _safe(low: float, high: float) -> Range:
    return Range(-INF if math.isnan(low) else low, INF if math.isnan(high) else high)


def holds(left: Range, op: str, right: Range) -> bool | None:
    """Whether `left op right` always holds (True), never (False), or depends (None)."""
    match op:
        case "<":
            return _less(left, right)
        case "<=":
            return _less_equal(left, right)
        case ">":
            return _less(right, left)
        case ">=":
            return _less_equal(right, left)
        case "==":
            return _equal(left, right)
        case _:
            equal = _equal(left, right)
            return None if equal is None else not equal


def _less(a: Range, b: Range) -> bool | None:
    if a.high < b.low:
        return True
    return False if a.low >= b.high else None


def _less_equal(a: Range, b: Range) -> bool | None:
    if a.high <= b.low:
        return True
    return False if a.low > b.high else None


def _equal(a: Range, b: Range) -> bool | None:
    if a.high < b.low or b.high < a.low:
        return False
    return True if a.exact and a == b and math.isfinite(a.low) else None
