"""PURE: what a result's trades say: figures, their spread, and what further costs would leave."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from components.schema.results.values import Trade

COSTS_PCT = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Further cost of an order, in percent of its value, at which the profit is shown."""

BINS = 24


@dataclass(frozen=True)
class TradeStats:
    """Figures of closed trades; None where there is none of that kind. `bars`: held."""

    long: int
    short: int
    average_win_pct: float | None
    average_loss_pct: float | None
    most_wins: int
    most_losses: int
    average_bars: float | None
    longest_bars: int | None


@dataclass(frozen=True)
class Bin:
    """How many trades brought from `low` to `high` percent."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class CostPoint:
    """What the trades earn together when each order costs so much more, in account currency."""

    cost_pct: float
    profit: float


def stats_of(trades: Sequence[Trade]) -> TradeStats:
    """Figures that the metrics do not have."""
    wins = [t.return_pct for t in trades if t.pnl > 0]
    losses = [t.return_pct for t in trades if t.pnl <= 0]
    held = [t.exit_bar - t.entry_bar for t in trades]
    runs = [(won, len(list(run))) for won, run in groupby(t.pnl > 0 for t in trades)]
    return TradeStats(
        long=sum(t.size > 0 for t in trades),
        short=sum(t.size < 0 for t in trades),
        average_win_pct=_mean(wins),
        average_loss_pct=_mean(losses),
        most_wins=max((n for won, n in runs if won), default=0),
        most_losses=max((n for won, n in runs if not won), default=0),
        average_bars=_mean(held),
        longest_bars=max(held, default=None),
    )


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def spread(trades: Sequence[Trade]) -> tuple[Bin, ...]:
    """Trades by their return: at most about `BINS` equal steps, one of which begins at zero."""
    values = [t.return_pct for t in trades]
    if not values:
        return ()
    width = nice((max(0.0, *values) - min(0.0, *values)) / BINS or 1.0)
    places = [math.floor(value / width) for value in values]
    counts = dict.fromkeys(range(min(0, *places), max(0, *places) + 1), 0)
    for place in places:
        counts[place] += 1
    return tuple(Bin(at * width, (at + 1) * width, count) for at, count in counts.items())


def nice(step: float) -> float:
    """The least of 1, 2, 2.5, 5 times a power of ten that is not below a positive `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= step * (1 - 1e-9))


def cost_curve(trades: Sequence[Trade]) -> tuple[CostPoint, ...]:
    """Profit of the same trades with further costs, at the same sizes: no money is reinvested.

    It is zero at `break_even_cost_pct` of the evidence.
    """
    profit = math.fsum(t.pnl for t in trades)
    traded = math.fsum(abs(t.size) * (t.entry_price + t.exit_price) for t in trades)
    return tuple(CostPoint(cost, profit - cost / 100 * traded) for cost in COSTS_PCT)
