"""Made-up bars, on which init() is run once before the real ones come."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from components.protocol.messages import Column

REHEARSAL_BARS = 4_096
_APART = 61
"""Bars by which made-up symbols are shifted, so that no two are the same."""


def times(dtype: str) -> np.ndarray[Any, Any]:
    """A day apart, in the integers of an index's dtype."""
    return np.arange(REHEARSAL_BARS).astype("M8[D]").astype(dtype).view("<i8")


def columns(wanted: tuple[Column, ...], number: int = 0) -> list[np.ndarray[Any, Any]]:
    """Values of the data's columns; `number`: of the symbol."""
    made = _walk()
    return [
        np.roll(made.get(c.name, made["Close"]), _APART * number).astype(c.dtype) for c in wanted
    ]


@functools.cache
def _walk() -> dict[str, np.ndarray[Any, Any]]:
    """A random walk: no real price is in it."""
    chance = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.01, REHEARSAL_BARS)))
    opening = close * np.exp(chance.normal(0, 0.002, REHEARSAL_BARS))
    return {
        "Open": opening,
        "Close": close,
        "High": np.maximum(opening, close) * 1.002,
        "Low": np.minimum(opening, close) * 0.998,
        "Volume": chance.integers(1_000, 9_000, REHEARSAL_BARS),
    }
