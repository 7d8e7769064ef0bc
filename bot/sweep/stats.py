"""PURE: is the best of many trials more than luck? The deflated Sharpe ratio.

D. H. Bailey, M. Lopez de Prado: The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest
Overfitting and Non-Normality. Journal of Portfolio Management 40 (5), 2014.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, variance

from components.schema.results.values import EquityPoint, Value

EULER_MASCHERONI = 0.5772156649015329
FEWEST_RETURNS = 10
FLAT = 1e-24
"""A variance that is rounding alone."""
_NORMAL = NormalDist()


class Moments(Value):
    """Of the returns between the points of an equity curve; none is annualised.

    Attributes:
        observations: how many returns.
        sharpe: mean by standard deviation of one return.
        skewness: third standardised moment, 0 for a normal distribution.
        kurtosis: fourth standardised moment, 3 for a normal distribution.
    """

    observations: int
    sharpe: float
    skewness: float
    kurtosis: float


@dataclass(frozen=True)
class Deflated:
    """What is left of the best trial's Sharpe ratio.

    Attributes:
        trials: how many trials the best was picked from.
        expected_best: the best Sharpe ratio that as many worthless trials would show by luck.
        probability: that the true Sharpe ratio is above zero, selection accounted for; 0 to 1.
    """

    trials: int
    expected_best: float
    probability: float


def moments(equity: Sequence[EquityPoint]) -> Moments | None:
    """Moments of a curve's returns; None where there are too few or they do not vary."""
    values = [p.equity for p in equity]
    if len(values) <= FEWEST_RETURNS or min(values) <= 0:
        return None
    returns = [after / before - 1 for before, after in itertools.pairwise(values)]
    count = len(returns)
    mean = math.fsum(returns) / count
    second, third, fourth = (
        math.fsum((r - mean) ** power for r in returns) / count for power in (2, 3, 4)
    )
    if second <= FLAT:
        return None
    return Moments(
        observations=count,
        sharpe=mean / math.sqrt(second),
        skewness=third / second**1.5,
        kurtosis=fourth / second**2,
    )


def expected_best(sharpes: Sequence[float]) -> float:
    """The best Sharpe ratio to expect of as many trials without any skill; the paper's SR0.

    sqrt(V) * ((1 - g) * Z(1 - 1/N) + g * Z(1 - 1/(N e))), V the variance of the trials' ratios,
    N their number, g Euler's constant, Z the normal quantile. 0 for a single trial.
    """
    count = len(sharpes)
    if count < 2:  # noqa: PLR2004  # one trial is no selection
        return 0.0
    return best_by_luck(variance(sharpes), count)


def best_by_luck(spread: float, count: int) -> float:
    """`expected_best` from the variance of the ratios and the number of trials (2 or more)."""
    common = (1 - EULER_MASCHERONI) * _NORMAL.inv_cdf(1 - 1 / count)
    rare = EULER_MASCHERONI * _NORMAL.inv_cdf(1 - 1 / (count * math.e))
    return math.sqrt(spread) * (common + rare)


def probability_above(benchmark: float, found: Moments) -> float:
    """That the true Sharpe ratio is above a benchmark: the probabilistic Sharpe ratio.

    Phi((SR - SR*) * sqrt(T - 1) / sqrt(1 - skew * SR + (kurt - 1) / 4 * SR^2)).
    """
    ratio = found.sharpe
    spread = 1 - found.skewness * ratio + (found.kurtosis - 1) / 4 * ratio**2
    if spread <= 0:
        return float(ratio > benchmark)
    return _NORMAL.cdf((ratio - benchmark) * math.sqrt(found.observations - 1) / math.sqrt(spread))


def deflated(best: Moments, sharpes: Sequence[float]) -> Deflated:
    """The best trial's deflated Sharpe ratio.

    Args:
        best: of the trial that was picked.
        sharpes: of all trials, the best among them; each is counted as independent, which is
            the cautious side.
    """
    luck = expected_best(sharpes)
    return Deflated(len(sharpes), luck, probability_above(luck, best))
