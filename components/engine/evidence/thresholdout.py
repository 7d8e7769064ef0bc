"""PURE: whether bars that nobody has seen agree with those that everybody has, as one noisy bit.

Thresholdout (Dwork, Feldman, Hardt, Pitassi, Reingold and Roth, The reusable holdout: Preserving
validity in adaptive data analysis, Science 349 (6248), 2015, algorithm 1): the holdout differs
where |training - holdout| > T + gamma + eta, gamma ~ Lap(2 sigma), eta ~ Lap(4 sigma). Here:

- one bit leaves, never the holdout's figure;
- each answer is counted, also one that agrees, which the paper gives for nothing; so gamma is
  drawn anew each time;
- the difference is that of two Sharpe ratios, in its own standard errors (Lo, Financial Analysts
  Journal 58 (4), 2002), and one-sided: better than before is no disagreement.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from components.engine.annual import SMALLEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from numpy.typing import NDArray

    from components.schema.results.evidence import Track

    Numbers = NDArray[np.float64]

THRESHOLD = 1.0
"""T, in standard errors of the difference."""

NOISE = 0.125
"""Sigma, in standard errors of the difference."""

FEWEST = 8
"""Spans (weeks, or days of shorter bars) of either part, below which nothing is said."""


def agrees(apart: Sequence[float], random: Random) -> bool:
    """The one bit: whether the sealed part falls no further below the open one than chance.

    Args:
        apart: of each symbol, see `apart`; their mean is judged.
        random: the noise; the daemon takes the system's.
    """
    limit = THRESHOLD + _laplace(2 * NOISE, random) + _laplace(4 * NOISE, random)
    return math.fsum(apart) / len(apart) <= limit


def _laplace(scale: float, random: Random) -> float:
    return random.expovariate(1 / scale) - random.expovariate(1 / scale)


def parts_of(track: Track, sealed_at: float) -> tuple[Numbers, Numbers]:
    """A run's returns before the seal and after it; the span that the seal is in is in neither.

    Args:
        track: of a run over all bars, by weeks or days.
        sealed_at: first sealed moment, in seconds since 1970.
    """
    series = np.frombuffer(track.series, "<f4").astype(float)
    seal = int(sealed_at // track.step_s) - track.first
    return series[: max(0, seal)], series[max(0, seal + 1) :]


def sharpe(returns: Numbers) -> float:
    """Mean by deviation of one span; 0 for returns that do not move: nothing was earned."""
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return float(returns.mean()) / deviation if deviation > SMALLEST else 0.0


def apart(seen: Numbers, sealed: Numbers) -> float | None:
    """How far the sealed part's Sharpe ratio is below the open part's, in standard errors.

    Returns:
        None with fewer than `FEWEST` spans in a part.
    """
    if min(len(seen), len(sealed)) < FEWEST:
        return None
    ratios = sharpe(seen), sharpe(sealed)
    variances = ((1 + r**2 / 2) / len(p) for r, p in zip(ratios, (seen, sealed), strict=True))
    return (ratios[0] - ratios[1]) / math.sqrt(math.fsum(variances))
