"""What counts as another value, and as another order: more than rounding explains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

if TYPE_CHECKING:
    from .messages import Op

CLOSE = 1e-7
"""Relative difference that rounding explains; beside it, 1e-9 of the series' own scale."""


def differing(seen: np.ndarray[Any, Any], known: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which bars differ by more than rounding; arrays are [bars] or [rows, bars]."""
    try:
        one, two = np.asarray(seen, dtype=float), np.asarray(known, dtype=float)
    except (TypeError, ValueError):
        wrong = np.asarray(np.asarray(seen) != np.asarray(known))
        return np.asarray(wrong.any(axis=0) if wrong.ndim > 1 else wrong)
    with np.errstate(invalid="ignore"):
        finite = np.abs(one[np.isfinite(one)])
        scale = float(np.median(finite)) if finite.size else 0.0
        allowed = CLOSE * np.maximum(np.abs(one), np.abs(two)) + 1e-9 * scale
        apart = np.abs(one - two) > allowed
    apart |= np.isnan(one) != np.isnan(two)
    infinite = np.isinf(one) | np.isinf(two)
    apart = np.where(infinite, one != two, apart) & ~(np.isnan(one) & np.isnan(two))
    return np.asarray(apart.any(axis=0) if apart.ndim > 1 else apart)


def first_difference(one: dict[int, list[Op]], two: dict[int, list[Op]], end: int) -> int | None:
    """The first bar before `end` with other orders; None: the same everywhere."""
    for bar in sorted(one.keys() | two.keys()):
        if bar >= end:
            return None
        if not _same_orders(one.get(bar, []), two.get(bar, [])):
            return bar
    return None


def _same_orders(one: list[Op], two: list[Op]) -> bool:
    if len(one) != len(two):
        return False
    for left, right in zip(one, two, strict=True):
        if type(left) is not type(right):
            return False
        values = zip(msgspec.structs.astuple(left), msgspec.structs.astuple(right), strict=True)
        if not all(_same_value(a, b) for a, b in values):
            return False
    return True


def _same_value(one: Any, two: Any) -> bool:
    if isinstance(one, float) and isinstance(two, float):
        return math.isclose(one, two, rel_tol=CLOSE)
    return bool(one == two)
