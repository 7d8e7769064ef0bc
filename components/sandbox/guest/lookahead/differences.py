"""What counts as another value, and as another order: more than rounding explains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.protocol.messages import Op

CLOSE = 1e-7
"""Relative difference that rounding explains; beside it, 1e-9 of the series' own scale."""

TEXT_CAP = 60


def scale_of(series: Any) -> float:
    """How large the values of a series usually are; 0 for what are no numbers."""
    try:
        values = np.asarray(series, dtype=float)
    except (TypeError, ValueError):
        return 0.0
    finite = np.abs(values[np.isfinite(values)])
    return float(np.median(finite)) if finite.size else 0.0


def differing(
    seen: np.ndarray[Any, Any], known: np.ndarray[Any, Any], scale: float | None = None
) -> np.ndarray[Any, Any]:
    """Which bars differ by more than rounding; arrays are [bars] or [rows, bars].

    `scale`: of the whole series, where the arrays are only a part of it; None: that of `seen`.
    """
    apart = excess(seen, known, scale) > 1
    return np.asarray(apart.any(axis=0) if apart.ndim > 1 else apart)


def excess(
    seen: np.ndarray[Any, Any], known: np.ndarray[Any, Any], scale: float | None = None
) -> np.ndarray[Any, Any]:
    """How many times the difference that rounding explains; infinite: not to be told in numbers."""
    try:
        one, two = np.asarray(seen, dtype=float), np.asarray(known, dtype=float)
    except (TypeError, ValueError):
        wrong = np.asarray(np.asarray(seen) != np.asarray(known))
        return np.where(wrong, np.inf, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        usual = scale_of(one) if scale is None else scale
        allowed = CLOSE * np.maximum(np.abs(one), np.abs(two)) + 1e-9 * usual
        times = np.abs(one - two) / allowed
    both = np.isnan(one) & np.isnan(two)
    plain = np.isfinite(one) & np.isfinite(two) & (one != two)
    return np.where(plain, times, np.where((one == two) | both, 0.0, np.inf))


def asked(first: list[Op], start: int, ops: Mapping[int, list[Op]]) -> dict[int, list[Op]]:
    """What was asked for, by bar: orders made in init() count as the first trading bar's."""
    return {**ops, start: [*first, *ops.get(start, [])]} if first else dict(ops)


def shown(ops: Mapping[int, list[Op]], bar: int) -> str:
    """What was asked for at a bar, for people."""
    return "; ".join(repr(op) for op in ops.get(bar, []))[:200] or "no order"


def shown_pair(one: Any, two: Any) -> tuple[str, str]:
    """Two values that differ, for people: with as many digits as it takes to see it."""
    for digits in (6, 9, 12, 17):
        pair = shown_value(one, digits), shown_value(two, digits)
        if pair[0] != pair[1]:
            break
    return pair


def shown_value(value: Any, digits: int = 6) -> str:
    """A value of a series, for people."""
    array = np.asarray(value)
    if array.ndim:
        return "(" + ", ".join(shown_value(item, digits) for item in array[:4]) + ")"
    if array.dtype.kind in "fiu":
        return f"{array.item():.{digits}g}"
    return str(array.item())[:TEXT_CAP]


def first_difference(one: dict[int, list[Op]], two: dict[int, list[Op]], end: int) -> int | None:
    """The first bar before `end` with other orders; None: the same everywhere."""
    for bar in sorted(one.keys() | two.keys()):
        if bar >= end:
            return None
        if not _same_orders(one.get(bar, []), two.get(bar, [])):
            return bar
    return None


def _same_orders(one: Sequence[msgspec.Struct], two: Sequence[msgspec.Struct]) -> bool:
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
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_same_value, one, two))
    if isinstance(one, msgspec.Struct) and isinstance(two, msgspec.Struct):
        return _same_orders([one], [two])
    return bool(one == two)
