"""PURE: what a broker filled, beside what the backtest's account filled at the same bars.

Slippage of a trade is by how much its price was worse than the account's, in percent of that price.
Its cost is what it paid beside the quoted price, fee included, in percent of what was traded.
Their intervals are Student's: mean plus or minus t * s / sqrt(n), 95 %.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from components.schema.results.orders import BrokerFill, PaperFill

FEWEST = 5
"""Trades from which on an interval is told."""

Key = tuple[int, str]
"""Number of a bar, and side."""


@dataclass(frozen=True)
class PaperBar:
    """One bar of the record.

    Attributes:
        at: nanoseconds since 1970; `time`: the same as the data has it.
        asked: whether the orders before it were published, so that somebody could follow them.
        fills: of the backtest's account, each with what the policy's floors took of it, in money.
    """

    at: int
    time: str
    asked: bool
    fills: tuple[tuple[PaperFill, float], ...]


@dataclass(frozen=True)
class Traded:
    """What one bar filled on one side, on both accounts; sizes are of accounts of their own.

    Attributes:
        late: the broker filled it one bar later.
        slippage_pct, cost_pct: see the module; `floor_pct`: cost at the policy's floors.
    """

    kind: Literal["paired", "missed", "extra"]
    time: str
    side: str
    paper_size: float | None = None
    paper_price: float | None = None
    real_size: float | None = None
    real_price: float | None = None
    late: bool = False
    slippage_pct: float | None = None
    cost_pct: float | None = None
    floor_pct: float | None = None


@dataclass(frozen=True)
class Estimate:
    """A mean over trades with its interval; None below `FEWEST` trades."""

    mean: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Execution:
    """What the fills of one symbol say.

    Attributes:
        says: whether the cost is above the policy's floors.
        trades: the oldest first.
        not_asked: trades of the account whose orders were not published.
        waiting: trades of the account since the last imported fill, and fills whose bar is not
            there yet: nothing is said of them.
        before: fills from before the record.
    """

    says: Literal["above the floors", "within the floors", "inconclusive"]
    trades: tuple[Traded, ...]
    slippage_pct: Estimate | None
    cost_pct: Estimate | None
    floor_pct: float | None
    not_asked: int
    waiting: int
    before: int


@dataclass
class _Sum:
    """Fills of one bar and side as one."""

    size: float = 0.0
    money: float = 0.0
    quoted: float = 0.0
    costs: float = 0.0
    asked: bool = True

    def add(self, size: float, price: float, quoted: float, costs: float) -> None:
        self.size += size
        self.money += size * price
        self.quoted += size * quoted
        self.costs += costs

    @property
    def price(self) -> float:
        return self.money / self.size


def execution(bars: Sequence[PaperBar], fills: Iterable[BrokerFill], end: int) -> Execution:
    """Pair fills with those of the backtest's account: same bar and side, or one bar later.

    Args:
        bars: of the record that count, the oldest first.
        fills: of the broker.
        end: when the last bar is over, in nanoseconds since 1970.
    """
    paper = _paper(bars)
    real, before, waiting = _real(bars, fills, end)
    pairs = {key: key for key in paper if key in real}
    taken = set(pairs)
    for place, side in sorted(paper.keys() - taken):
        later = (place + 1, side)
        if later in real and later not in taken:
            pairs[place, side] = later
            taken.add(later)
    last = max((place for place, _ in real), default=-1)
    trades = [_pair(bars, one, paper[one], two, real[two]) for one, two in pairs.items()]
    trades += [_extra(bars, key, real[key]) for key in real.keys() - taken]
    left = [(key, paper[key]) for key in paper.keys() - pairs.keys()]
    missed = [(key, one) for key, one in left if one.asked and key[0] < last]
    trades += [_missed(bars, key, one) for key, one in missed]
    not_asked = sum(not one.asked for _, one in left)
    waiting += len(left) - len(missed) - not_asked
    order = {bar.time: place for place, bar in enumerate(bars)}
    trades.sort(key=lambda one: (order[one.time], one.side))
    return _summed(tuple(trades), not_asked, waiting, before)


def _paper(bars: Sequence[PaperBar]) -> dict[Key, _Sum]:
    """What the account filled; what it filled at the close before is of that bar."""
    places = {bar.time: place for place, bar in enumerate(bars)}
    found: dict[Key, _Sum] = {}
    for place, bar in enumerate(bars):
        for fill, floor in bar.fills:
            one = found.setdefault((places.get(fill.time, place), fill.side), _Sum())
            one.add(fill.size, fill.price, fill.quoted, floor)
            one.asked = one.asked and bar.asked
    return found


def _real(
    bars: Sequence[PaperBar], fills: Iterable[BrokerFill], end: int
) -> tuple[dict[Key, _Sum], int, int]:
    """What the broker filled, by bar; how many fills are from before the record, and after it."""
    times = [bar.at for bar in bars]
    found: dict[Key, _Sum] = {}
    before = after = 0
    for fill in fills:
        place = bisect_right(times, fill.at) - 1
        if place < 0:
            before += 1
        elif fill.at >= end:
            after += 1
        else:
            one = found.setdefault((place, fill.side), _Sum())
            one.add(fill.size, fill.price, fill.price, fill.fee)
    return found, before, after


def _pair(bars: Sequence[PaperBar], at: Key, paper: _Sum, other: Key, real: _Sum) -> Traded:
    worse = 1 if at[1] == "buy" else -1
    quoted = paper.quoted / paper.size
    beside = worse * (real.price / quoted - 1) + real.costs / real.money
    return Traded(
        kind="paired",
        time=bars[at[0]].time,
        side=at[1],
        paper_size=paper.size,
        paper_price=paper.price,
        real_size=real.size,
        real_price=real.price,
        late=other != at,
        slippage_pct=100 * worse * (real.price / paper.price - 1),
        cost_pct=100 * beside,
        floor_pct=100 * paper.costs / paper.quoted,
    )


def _extra(bars: Sequence[PaperBar], at: Key, real: _Sum) -> Traded:
    time, side = bars[at[0]].time, at[1]
    return Traded("extra", time, side, real_size=real.size, real_price=real.price)


def _missed(bars: Sequence[PaperBar], at: Key, paper: _Sum) -> Traded:
    time, side = bars[at[0]].time, at[1]
    return Traded("missed", time, side, paper_size=paper.size, paper_price=paper.price)


def _summed(trades: tuple[Traded, ...], not_asked: int, waiting: int, before: int) -> Execution:
    slippage = [one.slippage_pct for one in trades if one.slippage_pct is not None]
    costs = [one.cost_pct for one in trades if one.cost_pct is not None]
    floors = [one.floor_pct for one in trades if one.floor_pct is not None]
    cost, floor = _estimate(costs), fmean(floors) if floors else None
    says: Literal["above the floors", "within the floors", "inconclusive"] = "inconclusive"
    if cost is not None and floor is not None and cost.interval is not None:
        low, high = cost.interval
        if low > floor:
            says = "above the floors"
        elif high <= floor:
            says = "within the floors"
    return Execution(says, trades, _estimate(slippage), cost, floor, not_asked, waiting, before)


def _estimate(values: Sequence[float]) -> Estimate | None:
    if not values:
        return None
    mean, count = fmean(values), len(values)
    if count < FEWEST:
        return Estimate(mean, None)
    half = student(count - 1) * stdev(values) / math.sqrt(count)
    return Estimate(mean, (mean - half, mean + half))


def student(freedom: int) -> float:
    """The 97.5 % point of Student's t; from 4 degrees of freedom on to 0.001.

    Source: Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 26.7.5.
    """
    z = NormalDist().inv_cdf(0.975)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, 1))
