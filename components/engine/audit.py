"""Looks for future bars in a run on all data: runs with fewer bars, each in a fresh process.

What such a process has not been sent is nowhere in it, and nothing that an earlier run did reaches
it. All comparing is done here, outside.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from components.engine.feed import WholeOrders, take_orders, take_whole
from components.engine.wire import AuthorFault
from components.protocol.messages import (
    Diagnosis,
    End,
    Hello,
    Leak,
    Newest,
    Step,
    Suspects,
    Values,
)
from components.sandbox.guest.lookahead.differences import differing, first_difference
from components.sandbox.guest.lookahead.leaks import of_orders, of_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from components.engine.feed import Feed
    from components.engine.wire import Wire
    from components.ports import Guest
    from components.protocol.messages import Spec

SAMPLED_BARS = 64
MOST_ORDER_BARS = 192
EARLY_BARS = 16
"""Bars before trading started at which it is asked whether it would have started."""

REPLAYS = 8
"""Runs on prefixes where a walk can't follow the strategy."""

Tail = bytes | list[str]
"""See `Newest`."""

MAX_LEAKS = 20
OTHER_SEED = 1_000_003


@dataclass(frozen=True)
class Coverage:
    """How many bars are looked at, at most: those with orders, and those without.

    Attributes:
        orders, others: numbers of bars.
    """

    orders: int = MOST_ORDER_BARS
    others: int = SAMPLED_BARS


@dataclass(frozen=True)
class Picked:
    """Bars to look at.

    Attributes:
        cuts: all of them, sorted.
        orders, of_orders: how many bars with orders are among them, and how many there are.
        others, of_others: the same of the bars on which it could trade and asked for nothing.
    """

    cuts: list[int]
    orders: int
    of_orders: int
    others: int
    of_others: int


def pick(
    bars: int, start: int | None, order_bars: Mapping[str, Sequence[int]], wanted: Coverage
) -> Picked:
    """Bars with orders, and others at random; picked when all orders are in.

    Args:
        bars: how many there are.
        start: first bar on which it traded; None: it did not.
        order_bars: bars with orders, by what was asked for.
        wanted: how many.
    """
    chance = random.SystemRandom()
    low = _low(bars, start)
    placed = sorted({bar for of_a_kind in order_bars.values() for bar in of_a_kind})
    rest = sorted(set(range(low, bars)).difference(placed))
    orders = chance.sample(placed, min(wanted.orders, len(placed)))
    others = chance.sample(rest, min(wanted.others, len(rest)))
    early = {chance.randrange(1, low) for _ in range(EARLY_BARS)} if low > 1 else set()
    cuts = sorted({low}.union(orders, others, early))
    return Picked(cuts, len(orders), len(placed), len(others), len(rest))


def pick_replays(
    bars: int, start: int | None, order_bars: Mapping[str, Sequence[int]]
) -> list[int]:
    """Bars at which a whole run may have to be repeated; of each kind of order in turn."""
    chance = random.SystemRandom()
    picked = [chance.randrange((_low(bars, start) + bars) // 2, bars)]
    kinds = sorted(order_bars)
    picked += [
        chance.choice(order_bars[kinds[n % len(kinds)]]) for n in range(REPLAYS - 1) if kinds
    ]
    return picked


def _low(bars: int, start: int | None) -> int:
    return min(start if start is not None else 1, bars - 1)


@dataclass(frozen=True)
class AuditProcesses:
    """Fresh processes of one guest, all for the same strategy on the same bars."""

    guest: Guest
    wire: Wire
    feed: Feed
    spec: Spec
    seed: int

    def enter(self, mode: str, bars: int = 0, seed: int | None = None) -> None:
        """End the process before, have a fresh one load the strategy, send the first bars."""
        self.wire.send(End(self.wire.nonce()))
        spec = msgspec.structs.replace(self.spec, mode=mode)
        self.guest.renew(msgspec.msgpack.encode(spec), self.seed if seed is None else seed)
        self.wire.send(Hello(self.wire.nonce()))
        self.wire.reply()
        self.feed.portion(0, bars)

    def whole(self, bars: int, seed: int | None = None) -> WholeOrders:
        """A run on the first bars, as if there were no more."""
        self.enter("whole", bars, seed)
        return take_whole(self.wire, bars, replay=True)

    def newest(self, bar: int) -> Newest:
        """The declared indicators' newest values at a bar, of the run before."""
        self.wire.send(Values(self.wire.nonce(), bar))
        return self.wire.newest()


class Audit:
    """One look.

    Args:
        room: the process of the run that counts is its first.
        full: what that run asked for.
    """

    def __init__(self, room: AuditProcesses, full: WholeOrders) -> None:
        self._room = room
        self._full = full
        self._asked = full.asked()
        self._bars = room.feed.bars
        self._apart: int | None = None
        self._early: list[Leak] = []

    def look(self, cuts: Sequence[int], replays: Iterable[int]) -> Diagnosis:
        """Compare at these bars. Raises as `Wire`, but not AuthorFault."""
        seen = {cut: self._room.newest(cut) for cut in cuts if cut >= self._full.start}
        try:
            known = self._walk(cuts)
            leaks = self._by_values(seen, known) or self._early or self._by_orders(replays)
        except AuthorFault as fault:  # it fails on fewer bars, where it has to work
            leaks = [Leak("", "undetermined", -1, str(fault)[:200], "", certain=False)]
        compared = len(next(iter(seen.values())).names) if seen else 0
        return Diagnosis(0, compared, len(cuts), leaks[:MAX_LEAKS])

    def _walk(self, cuts: Sequence[int]) -> dict[int, Newest]:
        """Run once more with bars in portions; notes the first bar with other orders."""
        start, wire, known, low = self._full.start, self._room.wire, {}, 0
        self._room.enter("walk")
        for cut in cuts:
            self._room.feed.portion(low, cut + 1)
            wire.send(Step(wire.nonce(), start))
            portion = take_orders(wire, start, cut + 1)
            if cut < start:
                self._start_at(cut, portion.start)
            else:
                known[cut] = self._room.newest(cut)
                self._compare(portion, max(low, start), cut)
            low = cut + 1
        return known

    def _start_at(self, cut: int, start: int) -> None:
        if 0 < start <= cut and not self._early:
            seen, known = f"trades from bar {self._full.start} on", f"trades from bar {start} on"
            self._early = [Leak("", "behaviour", cut, seen, known, certain=True)]

    def _compare(self, portion: WholeOrders, low: int, cut: int) -> None:
        if self._apart is not None:
            return
        portion.start = self._full.start
        seen = {bar: ops for bar, ops in self._asked.items() if low <= bar <= cut}
        self._apart = first_difference(seen, portion.asked(), cut + 1)
        if portion.raised and (self._apart is None or portion.ended <= self._apart):
            self._apart = portion.ended

    def _by_values(self, seen: Mapping[int, Newest], known: Mapping[int, Newest]) -> list[Leak]:
        """Indicators that have other values at a bar once later bars are there."""
        found = _different(seen, known)
        if not found:
            return []
        self._room.whole(self._bars, OTHER_SEED)
        again = _different(seen, {cut: self._room.newest(cut) for cut in seen})
        return [
            msgspec.structs.replace(again[name], kind="chance") if name in again else leak
            for name, leak in found.items()
        ]

    def _by_orders(self, replays: Iterable[int]) -> list[Leak]:
        """Whether it trades otherwise on the bars up to then alone.

        A walk may fail to follow a strategy that keeps data where nothing can be put in its place,
        so a run on just these bars has the last word. Where the two agree, such runs at other bars
        stand in for the walk.
        """
        if self._apart is None:
            return []
        for bar in (self._apart, *replays):
            if bar < self._full.start:
                continue
            prefix = self._room.whole(bar + 1)
            at = first_difference(self._asked, prefix.asked(), bar + 1)
            if prefix.raised and at is None:
                at = prefix.ended
            if at is not None:
                return [self._named(at, prefix)]
        return []

    def _named(self, bar: int, prefix: WholeOrders) -> Leak:
        again = self._room.whole(self._bars)
        unstable = first_difference(self._asked, again.asked(), self._bars)
        if unstable is not None:
            return of_orders("undetermined", unstable, (self._asked, again.asked()))
        orders = (self._asked, prefix.asked())
        if prefix.drawn != again.drawn:
            return of_orders("chance", bar, orders)
        self._room.wire.send(Suspects(self._room.wire.nonce(), bar))
        named = self._room.wire.named()
        leak = of_orders("behaviour", bar, orders, named.names)
        known = (
            f"it fails: {prefix.raised}" if prefix.raised and bar == prefix.ended else leak.known
        )
        return msgspec.structs.replace(leak, known=known, certain=named.exact)


def _values(tail: Tail) -> np.ndarray[Any, Any]:
    return np.frombuffer(tail, "<f8") if isinstance(tail, bytes) else np.array(tail)


def _different(seen: Mapping[int, Newest], known: Mapping[int, Newest]) -> dict[str, Leak]:
    """By name of the indicator the first bar (of those that both have) with other values."""
    found: dict[str, Leak] = {}
    rows: dict[tuple[str, int], list[tuple[int, Tail, Tail]]] = {}
    for cut in sorted(seen.keys() & known.keys()):
        other = _by_name(known[cut])
        for key, tail in _by_name(seen[cut]).items():
            if key in other:
                rows.setdefault(key, []).append((cut, tail, other[key]))
    for (name, _), tails in rows.items():
        leak = _first(name, tails)
        if leak is not None:
            found.setdefault(name, leak)
    return found


def _by_name(newest: Newest) -> dict[tuple[str, int], Tail]:
    """The tails by name and turn, not by place.

    An indicator of several rows has one while its symbol is not listed yet: the rows of those
    after it then stand elsewhere.
    """
    turns: Counter[str] = Counter()
    found = {}
    for name, tail in zip(newest.names, newest.tails, strict=False):
        found[name, turns[name]] = tail
        turns[name] += 1
    return found


def _first(name: str, tails: Sequence[tuple[int, Tail, Tail]]) -> Leak | None:
    if all(one == two for _, one, two in tails):
        return None
    pairs = [(cut, _values(one), _values(two)) for cut, one, two in tails]
    for cut, one, two in pairs:
        if len(one) != len(two):
            return of_value(name, cut, f"{len(one)} values", f"{len(two)} values")
    places = [(cut, at) for cut, one, _ in pairs for at in range(len(one))]
    every = np.concatenate([one for _, one, _ in pairs])
    other = np.concatenate([two for _, _, two in pairs])
    wrong = np.flatnonzero(differing(every, other)).tolist()
    if not wrong:
        return None
    first = places[wrong[0]][0]
    last = max(at for at in wrong if places[at][0] == first)
    return of_value(name, first, every[last], other[last])
