"""PURE: walk-forward: parameters chosen on the past part of each window, judged on the part after.

Each set of parameters is run once over all bars. Its returns up to a day are those of a run that
ends there, because a strategy can't see the future; so one run serves all windows.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from components.engine.annual import DAY, SMALLEST
from components.schema.definition.models import ParameterSpec
from components.schema.results.further import EquityAt, Further, Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from components.schema.definition.models import ScalarValue
    from components.schema.policies.risk import OutOfSample
    from components.schema.results.evidence import Track

    Scalar = float | int | bool | str
    Returns = NDArray[np.float64]

FEWEST = 8
"""Spans (weeks, or days of shorter bars) of a part after, below which nothing is said."""

_POINTS = 200
_YEAR_S = 365.25 * DAY
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)
_DRAWS = 20
_MOST_STEPS = 1_000_000


def choices(
    parameters: Mapping[str, ScalarValue | ParameterSpec],
    own: Mapping[str, Scalar],
    most: int,
) -> tuple[dict[str, Scalar], ...]:
    """Sets of parameters beside the strategy's own, spread over the declared ranges.

    The points are Halton's (Numerische Mathematik 2, 1960): always the same ones, and spread
    evenly however many parameters there are. Only the first ten ranges vary.

    Args:
        parameters: the definition's; those without `choices`, or `min` and `max`, stay as they are.
        own: the values that were run.
        most: how many sets at most.
    """
    specs = {n: s for n, s in parameters.items() if isinstance(s, ParameterSpec) and _has_range(s)}
    ranges = list(zip(specs.items(), _PRIMES, strict=False))
    found: list[dict[str, Scalar]] = []
    for number in range(1, _DRAWS * most + 1 if ranges else 1):
        point = {name: _at(spec, _halton(number, base)) for (name, spec), base in ranges}
        chosen = {**own, **point}
        if chosen != own and chosen not in found:
            found.append(chosen)
        if len(found) == most:
            break
    return tuple(found)


def _has_range(spec: ParameterSpec) -> bool:
    return spec.choices is not None or (spec.min is not None and spec.max is not None)


def _halton(number: int, base: int) -> float:
    share, result = 1.0, 0.0
    while number:
        share /= base
        number, digit = divmod(number, base)
        result += share * digit
    return result


def _at(spec: ParameterSpec, share: float) -> Scalar:
    """The value at a share (0 to below 1) of a parameter's range."""
    if spec.choices is not None:
        return spec.choices[int(share * len(spec.choices))]
    whole = isinstance(spec.default, int)
    low, high = spec.min or 0, spec.max or 0
    if whole:
        low, high = math.ceil(low), math.floor(high)
    if high <= low:
        return spec.default
    step = spec.step or (1 if whole else 0.0)
    if step * _MOST_STEPS <= high - low:  # no step, or one that nobody can tell from none
        value = low + share * (high - low)
    else:
        value = low + int(share * (math.floor((high - low) / step + SMALLEST) + 1)) * step
    inside = min(high, max(low, round(value) if whole else round(value, 12)))
    return inside if whole else float(inside)


@dataclass(frozen=True)
class _Cut:
    """Numbers of the spans of one window: the past part, and the part after up to `end`."""

    past: int
    start: int
    end: int


def walked(
    rule: OutOfSample, symbol: str, own: Track | None, others: Sequence[Track | None]
) -> Further:
    """The walk-forward over one symbol.

    Args:
        rule: how windows are cut.
        symbol: of the backtest.
        own: returns of the strategy's own parameters; None: they are undefined.
        others: of the other sets; None: the set did not run. It is never chosen.
    """
    failed = sum(track is None for track in others)
    known = Further(symbol=symbol, choices=len(others) + 1, failed=failed)
    if own is None:
        return known
    returns = [_returns(t) for t in (own, *others) if t is not None and _on_same_spans(t, own)]
    cuts = list(_cuts(rule, len(returns[0])))
    year = _YEAR_S / own.step_s
    joined: list[Returns] = []
    windows: list[Window] = []
    for cut in cuts:
        past, chosen = _best([r[cut.past : cut.start] for r in returns], year)
        after = returns[chosen][cut.start : cut.end]
        joined.append(after)
        windows.append(_window(own, cut, past, _sharpe(after, year)))
    return known.model_copy(update=_summed(own, cuts, windows, joined)) if cuts else known


def _cuts(rule: OutOfSample, total: int) -> Iterator[_Cut]:
    first = int(total * rule.first_past)
    bounds = [first + (total - first) * k // rule.windows for k in range(rule.windows + 1)]
    if first < FEWEST or any(b - a < FEWEST for a, b in pairwise(bounds)):
        return
    for start, end in pairwise(bounds):
        yield _Cut(start - first if rule.past == "rolling" else 0, start, end)


def _returns(track: Track) -> Returns:
    return np.frombuffer(track.series, "<f4").astype(float)


def _on_same_spans(one: Track, other: Track) -> bool:
    return (one.step_s, one.first, len(one.series)) == (
        other.step_s, other.first, len(other.series),
    )  # fmt: skip


def _best(pasts: Sequence[Returns], year: float) -> tuple[float | None, int]:
    """The best Sharpe ratio and whose it is; where several are equal, the first one's."""
    found = [_sharpe(past, year) for past in pasts]
    best = max(range(len(found)), key=lambda n: -math.inf if (s := found[n]) is None else s)
    return found[best], best


def _sharpe(returns: Returns, year: float) -> float | None:
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return float(returns.mean()) / deviation * year**0.5 if deviation > SMALLEST else None


def _window(own: Track, cut: _Cut, past: float | None, after: float | None) -> Window:
    return Window(
        past_start=_day(own, cut.past),
        start=_day(own, cut.start),
        end=_day(own, cut.end, -1),
        past_sharpe=past,
        sharpe=after,
    )


def _day(track: Track, span: int, days: int = 0) -> str:
    """First day (ISO) of a span, or so many days away from it."""
    at = (track.first + span) * track.step_s // DAY + days
    return (dt.date(1970, 1, 1) + dt.timedelta(days=int(at))).isoformat()


def _summed(
    own: Track, cuts: Sequence[_Cut], windows: Sequence[Window], joined: Sequence[Returns]
) -> dict[str, object]:
    lengths = [len(part) for part in joined]
    pasts = [window.past_sharpe or 0.0 for window in windows]
    past = float(np.average(pasts, weights=lengths))
    returns = np.concatenate(joined)
    after = _sharpe(returns, _YEAR_S / own.step_s)
    equity = np.cumprod(1 + np.maximum(returns, -1))
    picked = np.unique(np.linspace(0, len(equity) - 1, min(_POINTS, len(equity))).astype(int))
    return {
        "windows": tuple(windows),
        "past_sharpe": past,
        "oos_sharpe": after,
        "oos_keep": after / past if after is not None and past > SMALLEST else None,
        "curve": tuple(
            EquityAt(day=_day(own, cuts[0].start + int(n) + 1, -1), equity=float(equity[n]))
            for n in picked
        ),
    }
