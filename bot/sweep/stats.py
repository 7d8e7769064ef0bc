"""PURE: is the best of many trials more than luck? The deflated Sharpe ratio of a sweep.

D. H. Bailey, M. Lopez de Prado: The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest
Overfitting and Non-Normality. Journal of Portfolio Management 40 (5), 2014.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import variance

from components.engine.evidence.ratios import best_by_luck, probability_above
from components.schema.results.evidence import Moments


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


def expected_best(sharpes: Sequence[float]) -> float:
    """The best Sharpe ratio to expect of as many trials without any skill; the paper's SR0."""
    count = len(sharpes)
    if count < 2:  # noqa: PLR2004  # one trial is no selection
        return 0.0
    return best_by_luck(variance(sharpes), count)


def deflated(best: Moments, sharpes: Sequence[float]) -> Deflated:
    """The best trial's deflated Sharpe ratio.

    Args:
        best: of the trial that was picked.
        sharpes: of all trials, the best among them; each is counted as independent, which is
            the cautious side.
    """
    luck = expected_best(sharpes)
    return Deflated(len(sharpes), luck, probability_above(luck, best))
