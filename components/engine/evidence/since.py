"""Whether returns after a deploy still are what the backtest showed; may be asked after every bar.

The mean of a bar's return is taken to be the same at each bar, whatever came before it. Source:
Robbins, "Statistical methods related to the law of the iterated logarithm" (1970), the
one-sided normal mixture; that it may be looked at after each bar without more false alarms is
Ville's inequality (Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric, nonasymptotic
confidence sequences", 2021).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.schema.results.values import ExecutionResult

ALARMS = 0.05
"""Share of sound strategies of which it is ever said that they are below the band."""

ENOUGH = 0.8
"""Power from which on silence says something."""

WORST = -4.0
"""A loss counts as so many standard deviations at most: one day is no trend."""

FEW = 20
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Promised:
    """What the backtest showed: a year's Sharpe ratio (95 % by bootstrap) and volatility.

    Attributes:
        volatility: of a year's returns, as a fraction.
    """

    low: float
    high: float
    volatility: float
    bars_a_year: float


@dataclass(frozen=True)
class Since:
    """What the returns after a deploy say.

    Attributes:
        says: `below the band`, `on track` (the loss of the edge would have been seen by now), or
            that nothing can be said.
        band_pct: return over so many bars, from the low end's to the high end's, with chance.
        evidence: the largest so far; from 1 / ALARMS on it is below the band.
        power: at least so probable is it that a Sharpe ratio of 0 had been seen by now.
    """

    says: Literal["on track", "below the band", "inconclusive"]
    bars: int
    return_pct: float
    band_pct: tuple[float, float]
    evidence: float
    power: float


def since_deploy(returns: Sequence[float], promised: Promised) -> Since:
    """Hold returns of single bars against the low end of what the backtest showed.

    Args:
        returns: of each bar since the deploy, as fractions.
        promised: of the backtest.
    """
    bars, year = len(returns), promised.bars_a_year
    null = promised.low / math.sqrt(year)
    shortfall, most = 0.0, 0.0
    for count, z in enumerate(_standardised(returns, promised.volatility / math.sqrt(year)), 1):
        shortfall += null - max(z, WORST)
        most = max(most, mixture(shortfall, count, year))
    power = _power(null, bars, year)
    below = most >= 1 / ALARMS
    return Since(
        says="below the band" if below else "on track" if power >= ENOUGH else "inconclusive",
        bars=bars,
        return_pct=(math.prod(1 + one for one in returns) - 1) * 100,
        band_pct=band_pct(promised, bars),
        evidence=most,
        power=power,
    )


def mixture(shortfall: float, bars: int, bars_a_year: float) -> float:
    """How much more probable the shortfall is for means below the null than for the null.

    The means are mixed by half a normal distribution with a scale of a Sharpe ratio of 1 a year.
    Under the null this is a supermartingale that begins at 1.
    """
    scale = 1 / bars_a_year
    spread = 1 + bars * scale
    grown = min(scale * shortfall**2 / (2 * spread), 700.0)
    side = _NORMAL.cdf(math.sqrt(scale / spread) * shortfall)
    return 2 / math.sqrt(spread) * math.exp(grown) * side


def _standardised(returns: Sequence[float], promised: float) -> Iterator[float]:
    """Each return by its standard deviation: the backtest's, or what was seen before if larger."""
    total = squares = 0.0
    for count, one in enumerate(returns):
        seen = 0.0
        if count >= FEW:
            seen = math.sqrt(max(0.0, squares / count - (total / count) ** 2))
        spread = max(promised, seen)
        yield one / spread if spread else 0.0
        total, squares = total + one, squares + one * one


def _power(null: float, bars: int, bars_a_year: float) -> float:
    """Probability that a mean of 0 is over the bound after so many bars: no later look counted."""
    if null <= 0 or not bars:
        return 0.0
    low, high = 0.0, 100.0 * math.sqrt(bars + bars_a_year)
    for _ in range(60):
        middle = (low + high) / 2
        below = mixture(middle, bars, bars_a_year) < 1 / ALARMS
        low, high = (middle, high) if below else (low, middle)
    return _NORMAL.cdf((bars * null - high) / math.sqrt(bars))


def band_pct(promised: Promised, bars: int) -> tuple[float, float]:
    """Return in percent: drift of each end, and what chance adds to it in 95 of 100 cases."""
    years = bars / promised.bars_a_year
    chance = _NORMAL.inv_cdf(1 - ALARMS / 2) * promised.volatility * math.sqrt(years)
    drift = promised.volatility * years
    ends = (promised.low * drift - chance, promised.high * drift + chance)
    return (math.exp(ends[0]) - 1) * 100, (math.exp(ends[1]) - 1) * 100


def promised_by(result: ExecutionResult) -> Promised | None:
    """What a backtest showed; None where that is not known or undefined."""
    metrics, evidence = result.metrics, result.evidence
    span = evidence.sharpe_span if evidence is not None else None
    if metrics is None or span is None:
        return None
    volatility, year = metrics.volatility_ann_pct, metrics.bars_a_year
    if not volatility or not year:
        return None
    return Promised(span.low, span.high, volatility / 100, year)
