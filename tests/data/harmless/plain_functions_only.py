"""A helper module without a strategy."""
from typing import Sequence


def crossed(a: Sequence[float], b: Sequence[float]) -> bool:
    return a[-2] < b[-2] and a[-1] > b[-1]


def drawdown(equity):
    peak = equity[0]
    worst = 0.0
    for x in equity:
        peak = max(peak, x)
        worst = min(worst, x / peak - 1)
    return worst
