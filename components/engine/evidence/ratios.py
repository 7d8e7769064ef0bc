"""PURE: what a Sharpe ratio is worth, given its returns and the number of tries.

Nothing here loads numpy: the numbers of a try are enough. Sources are in docs/metrics.md.
"""

import math
from statistics import NormalDist

from components.schema.results.evidence import Moments

EULER_MASCHERONI = 0.5772156649015329
CONFIDENT = 0.95
_HALVINGS = 30
_NORMAL = NormalDist()


def best_by_luck(spread: float, count: float) -> float:
    """The best Sharpe ratio to expect of as many tries without any skill.

    sqrt(V) * ((1 - g) * Z(1 - 1/N) + g * Z(1 - 1/(N e))), V the variance of the tries' ratios, N
    their number, g Euler's constant, Z the normal quantile. Bailey and Lopez de Prado: The
    Deflated Sharpe Ratio, Journal of Portfolio Management 40 (5), 2014.

    Args:
        spread: V, in the unit of the ratios squared.
        count: N; it may be fractional. One try is no selection: 0.
    """
    if count <= 1:
        return 0.0
    common = (1 - EULER_MASCHERONI) * _NORMAL.inv_cdf(1 - 1 / count)
    rare = EULER_MASCHERONI * _NORMAL.inv_cdf(1 - 1 / (count * math.e))
    return max(0.0, math.sqrt(spread) * (common + rare))


def spread_of_worthless(found: Moments) -> float:
    """Variance of the Sharpe ratio (of one bar) that a try without skill shows on as many bars.

    1 / (T - 1), times the correction for returns that follow one another. The paper takes the
    variance among the tries that were made; whoever may push could make that small with copies of
    one strategy, or large with nonsense.
    """
    return _stretch(found) / (found.observations - 1)


def _stretch(found: Moments) -> float:
    """How much wider the ratio's error is where returns follow one another: (1 + r) / (1 - r).

    The sum of A. W. Lo's autocorrelation terms (The Statistics of Sharpe Ratios, Financial
    Analysts Journal 58 (4), 2002) for returns of the first order. Only ever wider: returns that
    alternate would make a result look surer.
    """
    follows = min(max(found.autocorrelation, 0.0), 0.99)
    return (1 + follows) / (1 - follows)


def _shape(found: Moments) -> float:
    ratio = found.sharpe
    return 1 - found.skewness * ratio + (found.kurtosis - 1) / 4 * ratio**2


def probability_above(benchmark: float, found: Moments) -> float:
    """That the true Sharpe ratio is above a benchmark: the probabilistic Sharpe ratio.

    Phi((SR - SR*) * sqrt(T - 1) / sqrt(1 - skew * SR + (kurt - 1) / 4 * SR^2)), the root in the
    denominator wider where returns follow one another. Bailey and Lopez de Prado: The Sharpe Ratio
    Efficient Frontier, Journal of Risk 15 (2), 2012.

    Args:
        benchmark: SR*, of one bar.
        found: moments of the returns of the bars.
    """
    spread = _shape(found) * _stretch(found)
    if spread <= 0:
        return float(found.sharpe > benchmark)
    width = math.sqrt(spread / (found.observations - 1))
    return _NORMAL.cdf((found.sharpe - benchmark) / width)


def deflated(found: Moments, independent: float) -> float:
    """The probability that is left when a try was picked from so many independent ones."""
    return probability_above(best_by_luck(spread_of_worthless(found), independent), found)


def sharpe_needed(found: Moments, independent: float, wanted: float) -> float | None:
    """The lowest Sharpe ratio (of one bar) that leaves this deflated probability.

    Found by halving, for returns of the same length and shape as those that are given.

    Args:
        found: moments of the returns; their own Sharpe ratio does not count.
        independent: tries that it would be picked from.
        wanted: the probability, between 0 and 1.

    Returns:
        None where no ratio up to one a bar would do.
    """
    low, high = 0.0, 1.0
    if deflated(found.model_copy(update={"sharpe": high}), independent) < wanted:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = deflated(found.model_copy(update={"sharpe": middle}), independent) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high


def least_bars(found: Moments, benchmark: float = 0.0) -> float | None:
    """The fewest bars after which this Sharpe ratio is above a benchmark with 95 %.

    1 + (Z(0.95) / (SR - SR*))^2 * (1 - skew * SR + (kurt - 1) / 4 * SR^2): the minimum track record
    length of the paper of 2012, not rounded, and longer where returns follow one another.

    Returns:
        None where no length would do.
    """
    ahead = found.sharpe - benchmark
    spread = _shape(found) * _stretch(found)
    if ahead <= 0 or spread <= 0:
        return None
    return 1 + spread * (_NORMAL.inv_cdf(CONFIDENT) / ahead) ** 2
