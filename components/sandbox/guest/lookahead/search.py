"""Finds what differs with all data at hand from what a streamed run knew and did at each bar."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from components.protocol.messages import Leak
from components.sandbox.guest.lookahead.differences import (
    asked,
    differing,
    first_difference,
    scale_of,
    shown_value,
)
from components.sandbox.guest.lookahead.draws import Draws
from components.sandbox.guest.lookahead.leaks import of_orders, of_value
from components.sandbox.guest.lookahead.suspects import suspects
from components.sandbox.guest.lookahead.window import Least, moved, newest
from components.sandbox.guest.replay.declared import series_of
from components.sandbox.guest.replay.history import different
from components.sandbox.guest.replay.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backtesting import Strategy

    from components.sandbox.guest.replay.source import Source
    from components.sandbox.guest.replay.stream import Stream
    from components.sandbox.guest.replay.trial import TooFewBars
    from components.sandbox.guest.replay.whole import Whole

MAX_LEAKS = 20
OTHER_SEED = 1_000_003
MOST_MOVED = 3
MOST_PREFIXES = 16
"""Bars at which a value that a lookback changed is compared with the whole history."""


class Inspection:
    """One look at a streamed run, after all orders are in.

    Args:
        source: the author's code on the backtest's bars, loaded anew for each purpose: module
            state of the scored run must not matter.
        stream: the run that was scored.
    """

    def __init__(self, source: Source, stream: Stream) -> None:
        self._source = source
        self._length = source.tape.length
        self._stream = stream
        self._asked = asked(stream.first, stream.start, stream.ops)
        self._draws = Draws(source)
        self.compared = 0

    def look(self, cuts: Iterable[int]) -> list[Leak]:
        """All that differs; at `cuts` with the whole history where a lookback changes something."""
        leaks = self._by_history()
        delay = self._source.spec.delay
        leaks = leaks or late(self._full, self._stream.refusal, delay) or self._by_behaviour()
        short = [leak for leak in leaks if leak.kind in {"lookback", "lookback-orders"}]
        if not short:
            return leaks[:MAX_LEAKS]
        others = [leak for leak in leaks if leak not in short] or self._by_walk(cuts)
        return [*others, *self._with_least(short, alone=not others)][:MAX_LEAKS]

    @cached_property
    def _full(self) -> Whole:
        return self._source.run(self._length)

    @cached_property
    def _fresh(self) -> Callable[[int], Strategy]:
        """Instances on the first bars, with the whole history before them."""
        return self._source.trial(self._source.load()).fresh

    def _by_history(self) -> list[Leak]:
        """Indicators whose value at a bar is another one once later bars are there."""
        compared = different(self._full.series, self._stream.history)
        self.compared = len(compared)
        judged = (self._judged(n, *apart) for n, apart in compared.items() if apart is not None)
        return [leak for leak in judged if leak is not None]

    def _judged(
        self, number: int, wrong: np.ndarray[Any, Any], known: np.ndarray[Any, Any]
    ) -> Leak | None:
        full, name = self._full, self._full.names[number]
        visible = np.flatnonzero(wrong >= full.start)
        if not len(visible) and full.start >= self._length:
            return None
        bars = wrong[visible]
        leak = self._by_chance(number)
        if leak is not None and not self._draws.is_priced(number, bars.tolist()):
            return leak
        if not len(visible):
            return self._at_start(number)
        bar, value = int(bars[0]), known[..., visible[0]]
        seen = full.series[number][..., bar]
        if self._draws.is_random(number) and not self._draws.is_priced(number, bars.tolist()):
            return of_value(name, bar, seen, value, "draws")
        if self._source.spec.lookback is None:
            return of_value(name, bar, seen, value)
        short = of_value(name, bar, seen, value, "lookback")
        return self._with_history(number, bars) or short

    def _by_chance(self, number: int) -> Leak | None:
        """Whether another run on the same bars, with other random numbers, gives other values."""
        full, series = self._full, self._full.series[number]
        if number >= len(self._again) or self._again[number].shape != series.shape:
            return None
        other = self._again[number]
        apart = np.flatnonzero(differing(series, other))
        if not len(apart):
            return None
        bar = int(apart[np.argmax(apart >= full.start)])
        return of_value(full.names[number], bar, series[..., bar], other[..., bar], "chance")

    @cached_property
    def _again(self) -> list[np.ndarray[Any, Any]]:
        kind = self._source.load(OTHER_SEED)
        return series_of(self._source.trial(kind).fresh(self._length))

    def _at_start(self, number: int) -> Leak | None:
        """What of the values before the first trading bar differs when that is the last one."""
        full, start = self._full, self._full.start
        early = series_of(self._fresh(start + 1))
        visible = full.series[number][..., : start + 1]
        if number >= len(early) or early[number].shape != visible.shape:
            return None
        wrong = np.flatnonzero(differing(visible, early[number]))
        if not len(wrong):
            return None
        at = int(wrong[-1])
        return of_value(full.names[number], start, visible[..., at], early[number][..., at])

    def _with_history(self, number: int, wrong: np.ndarray[Any, Any]) -> Leak | None:
        """Whether the value differs from that on the whole history up to the bar, too."""
        series = self._full.series[number]
        usual = scale_of(series)
        spread = np.linspace(0, len(wrong) - 1, min(len(wrong), MOST_PREFIXES)).astype(int)
        for bar in wrong[spread].tolist():
            early = series_of(self._fresh(bar + 1))
            if number >= len(early):
                continue
            seen, known = series[..., [bar]], early[number][..., -1:]
            if differing(seen, known, usual).any():
                return of_value(self._full.names[number], bar, seen[..., 0], known[..., 0])
        return None

    def _by_behaviour(self) -> list[Leak]:
        """Whether the run on all data asked for other orders than the one that counted."""
        full = self._full
        bar = first_difference(full.asked, self._asked, self._length)
        if full.raised is not None and (bar is None or full.ended <= bar):
            bar = full.ended
        if bar is None:
            return []
        again = self._source.run(self._length)
        unstable = first_difference(full.asked, again.asked, self._length)
        if unstable is not None:
            return [of_orders("undetermined", unstable, (full.asked, again.asked))]
        prefix, orders = self._prefix(bar), (full.asked, self._asked)
        if prefix is not None and prefix.drawn != full.drawn:
            return [of_orders("chance", bar, orders)]
        if self._source.spec.lookback is not None and prefix and full.like(prefix, bar):
            return [of_orders("lookback-orders", bar, orders, self._moved(bar))]
        if self._draws.are_orders_random(full, bar):
            return [of_orders("draws", bar, orders)]
        return [self._behaviour(bar, orders)]

    def _prefix(self, bar: int) -> Whole | None:
        """A run on the bars up to this one; None: init() reached for a later one."""
        try:
            return self._source.run(bar + 1)
        except Exception:  # noqa: BLE001  # the author's init(), which did not fail on all bars
            return None

    def _behaviour(self, bar: int, orders: tuple[Any, Any]) -> Leak:
        names, exact = suspects(self._source, bar)
        leak = of_orders("behaviour", bar, orders, names)
        return (
            leak if exact else Leak(names, "behaviour", bar, leak.seen, leak.known, certain=False)
        )

    def _by_walk(self, cuts: Iterable[int]) -> list[Leak]:
        """Whether it asks for other orders where, with the whole history, no later bar is there."""
        full, source = self._full, self._source
        walk = Walk(source.trial(source.load()), source.spec, source.tape, source.folder)
        low = full.start
        for cut in sorted(c for c in cuts if full.start <= c < self._length):
            portion = walk.step(full.start, cut + 1)
            seen = {bar: ops for bar, ops in full.asked.items() if low <= bar <= cut}
            known = asked(portion.first, full.start, portion.ops)
            bar = portion.ended if portion.raised else first_difference(seen, known, cut + 1)
            if bar is not None:
                prefix = source.run(bar + 1)
                if full.like(prefix, bar) or prefix.drawn != full.drawn:
                    return []
                return [self._behaviour(bar, (seen, prefix.asked))]
            low = cut + 1
        return []

    def _moved(self, bar: int) -> str:
        """Places with another newest value at `bar` with the window than with all bars."""
        source = self._source
        windowed = source.trial(source.load(), source.spec.lookback).fresh(bar + 1)
        one, two = newest(self._fresh(bar + 1), source.folder), newest(windowed, source.folder)
        return ", ".join(
            f"{path} is {shown_value(two.get(path))} with it, {shown_value(one[path])} with all"
            for path in sorted(moved(one, two))[:MOST_MOVED]
        )

    def _with_least(self, short: list[Leak], *, alone: bool) -> list[Leak]:
        """The same with the smallest lookback that would do."""
        search = Least(self._source, self._full, orders=alone)
        least, sure = search.find(self._stream, [leak.bar for leak in short])
        return [msgspec.structs.replace(leak, certain=sure, least=least) for leak in short]


def late(full: Whole, refusal: TooFewBars | None, delay: int = 0) -> list[Leak]:
    """Whether it traded later than on all data only because its init() refused the first bars.

    Then other orders than on all data say nothing about the future.
    """
    if refusal is None or refusal.bars <= full.start - delay:
        return []
    return [Leak("", "late", refusal.bars, str(full.start), refusal.words, certain=False)]
