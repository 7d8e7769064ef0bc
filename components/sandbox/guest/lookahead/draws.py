"""Tells random numbers from a leak: runs with other seeds, and on other prices after a bar.

A generator that init() seeds once and several indicators draw gives an early bar another number
when there are more bars. That is no future price, though the value changes once later bars come.
"""

from __future__ import annotations

import random
import zlib
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from components.sandbox.guest.lookahead.differences import differing, first_difference
from components.sandbox.guest.replay.declared import series_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from components.sandbox.guest.replay.source import Source
    from components.sandbox.guest.replay.whole import Whole

Series = list[np.ndarray[Any, Any]]

ONE, OTHER = 1, 2
"""What is mixed into all seeds; 0: nothing."""
MOST_CUTS = 3
_READY = (np.random.Generator, np.random.RandomState, np.random.SeedSequence)
_CLASSES = ("RandomState", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


class Draws:
    """Runs of one strategy with other random numbers, or with other prices after a bar."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._length = source.tape.length
        self._indicators = lru_cache(self._run_indicators)

    def is_random(self, number: int) -> bool:
        """Whether an indicator changes with the seeds of the generators that the strategy makes."""
        one, other = self._indicators(ONE, self._length), self._indicators(OTHER, self._length)
        return _differ(one, other, number, self._length)

    def is_priced(self, number: int, bars: Iterable[int]) -> bool:
        """Whether prices after one of `bars` change an indicator up to there, numbers alike."""
        one, again = self._indicators(ONE, self._length), self._run_indicators(ONE, self._length)
        if _differ(one, again, number, self._length):
            return False  # a clock, an address: nothing can be told
        cuts = [bar for bar in bars if bar < self._length - 1]
        spread = np.linspace(0, len(cuts) - 1, min(len(cuts), MOST_CUTS)).astype(int)
        return any(
            _differ(one, self._indicators(ONE, cuts[at] + 1), number, cuts[at] + 1)
            for at in spread.tolist()
        )

    def are_orders_random(self, full: Whole, bar: int) -> bool:
        """Whether orders change with the seeds, and not, up to `bar`, with prices after it."""
        try:
            with _seeds(OTHER):
                reseeded = self._source.run(self._length)
            otherwise = self._source.on(self._source.tape.changed(bar + 1)).run(self._length)
        except Exception:  # noqa: BLE001  # the author's: nothing can be told
            return False
        random_ = first_difference(full.asked, reseeded.asked, self._length) is not None
        return random_ and full.like(otherwise, bar)

    def _run_indicators(self, salt: int, end: int) -> Series:
        """All indicators on all bars, with other prices from bar `end` on."""
        source = self._source
        if end < self._length:
            source = source.on(source.tape.changed(end))
        try:
            with _seeds(salt):
                strategy = source.trial(source.load()).fresh(self._length)
        except Exception:  # noqa: BLE001  # the author's: nothing can be told
            return []
        return series_of(strategy)


def _differ(one: Series, other: Series, number: int, end: int) -> bool:
    if number >= min(len(one), len(other)) or one[number].shape != other[number].shape:
        return False
    return bool(differing(one[number][..., :end], other[number][..., :end]).any())


# --- seeds ----------------------------------------------------------------------------------------


@contextmanager
def _seeds(salt: int) -> Iterator[None]:
    """Generators that are made or seeded meanwhile get another seed; without one, they get one."""
    kept = {name: getattr(np.random, name) for name in ("default_rng", "seed", *_CLASSES)}
    kept_python = random.Random, random.seed
    for name in _CLASSES:
        setattr(np.random, name, _reseeded(kept[name], salt))
    for name in ("default_rng", "seed"):
        setattr(np.random, name, _mixing(kept[name], salt))
    python: Any = random
    python.Random = _python_reseeded(random.Random, salt)
    python.seed = _mixing(random.seed, salt)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(np.random, name, value)
        python.Random, python.seed = kept_python


def _mixed(seed: Any, salt: int) -> Any:
    if isinstance(seed, (*_READY, np.random.BitGenerator)):
        return seed
    return zlib.crc32(repr((salt, seed)).encode())


def _mixing(function: Callable[..., Any], salt: int) -> Callable[..., Any]:
    return lambda seed=None, *rest, **options: function(_mixed(seed, salt), *rest, **options)


def _reseeded(kind: Any, salt: int) -> Any:
    def begin(self: Any, seed: Any = None, *rest: Any, **options: Any) -> None:
        kind.__init__(self, _mixed(seed, salt), *rest, **options)

    return type(kind.__name__, (kind,), {"__init__": begin})


def _python_reseeded(kind: Any, salt: int) -> Any:
    def seed(self: Any, a: Any = None, version: int = 2) -> None:
        kind.seed(self, _mixed(a, salt), version)

    return type(kind.__name__, (kind,), {"seed": seed})
