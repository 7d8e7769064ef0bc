"""PURE: what many tries are together: how many are independent, and whether the best one lasts."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from components.schema.results.evidence import Track

    Numbers = NDArray[np.float64]

FEWEST_FOR_PBO = 10
BLOCKS = 10
CHANCE = 3.0
"""Standard errors of a correlation below which it says nothing."""
FLAT = 1e-18
"""A variance that is rounding alone."""


def independent(tracks: Sequence[Track], total: int) -> int:
    """What tries are worth in tries that have nothing to do with each other; at least 1.

    The sum of min(1, eigenvalue) over the correlation matrix of the tries' returns: what is common
    to many counts once, however many copies of it there are, and a further try never makes it less.
    After Li and Ji (Heredity 95, 2005), without the fractions of large eigenvalues that they add,
    which count two copies as two. Correlations that chance alone shows between strangers (less than
    3 / sqrt(spans)) are taken as 0. Series without movement count nothing.

    Args:
        tracks: of all tries, or of an even sample of them.
        total: how many tries there are. Where the sample is smaller, the count grows on with the
            power of the number of tries that it has between one half of the sample and the whole.
    """
    whole = _effective(tracks)
    if total > len(tracks) and len(tracks) > 1:
        middle = len(tracks) // 2
        half = max(_effective(tracks[:middle]), 1.0)
        power = min(max(np.log(max(whole, 1.0) / half) / np.log(len(tracks) / middle), 0.0), 1.0)
        whole *= (total / len(tracks)) ** float(power)
    return max(1, min(total, int(np.ceil(whole - 1e-6))))


def _effective(tracks: Sequence[Track]) -> float:
    return sum(
        float(np.minimum(np.linalg.eigvalsh(_correlations(_matrix(group))), 1.0).clip(0).sum())
        for group in _by_step(tracks)
    )


def _by_step(tracks: Iterable[Track]) -> list[list[Track]]:
    """Series of days and of weeks by themselves: they are counted as having nothing in common."""
    groups: dict[int, list[Track]] = {}
    for track in tracks:
        if any(track.series):
            groups.setdefault(track.step_s, []).append(track)
    return list(groups.values())


def _matrix(tracks: Sequence[Track]) -> NDArray[np.float32]:
    """A row for each, on one calendar; 0 where a series has nothing."""
    series = [np.frombuffer(t.series, "<f4") for t in tracks]
    begin = min(t.first for t in tracks)
    end = max(t.first + len(s) for t, s in zip(tracks, series, strict=True))
    rows = np.zeros((len(tracks), end - begin), np.float32)
    for row, track, values in zip(rows, tracks, series, strict=True):
        row[track.first - begin : track.first - begin + len(values)] = values - values.mean()
    return rows


def _correlations(rows: NDArray[np.float32]) -> Numbers:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(length > 0, length, 1)
    found = (unit @ unit.T).astype(float)
    return np.where(np.abs(found) < CHANCE / np.sqrt(rows.shape[1]), 0.0, found)


def overfitting(returns: Numbers, blocks: int = BLOCKS) -> float:
    """Probability of backtest overfitting by combinatorially symmetric cross-validation.

    The time is cut into blocks; for each choice of half of them the try with the best Sharpe ratio
    there is looked up among all tries on the other half. The share of choices in which it is below
    the middle. Bailey, Borwein, Lopez de Prado and Zhu, Journal of Computational Finance 20 (4),
    2017. Series without movement have the ratio 0.

    Args:
        returns: one row for each try, on the same bars.
        blocks: an even number.
    """
    edges = np.array_split(np.arange(returns.shape[1]), blocks)
    sizes = np.array([len(e) for e in edges], float)
    sums = np.stack([returns[:, e].sum(axis=1) for e in edges])
    squares = np.stack([(returns[:, e] ** 2).sum(axis=1) for e in edges])
    picks = list(combinations(range(blocks), blocks // 2))
    chosen = np.zeros((len(picks), blocks))
    chosen[np.arange(len(picks))[:, None], np.array(picks)] = 1
    inside = _ratios(chosen, sizes, sums, squares)
    outside = _ratios(1 - chosen, sizes, sums, squares)
    best = inside.argmax(axis=1)
    own = outside[np.arange(len(picks)), best][:, None]
    # the middle of those that are equal, as scipy's rankdata
    rank = (outside < own).sum(axis=1) + ((outside == own).sum(axis=1) + 1) / 2
    return float(np.mean(rank / (returns.shape[0] + 1) < 0.5))  # noqa: PLR2004  # the middle


def _ratios(chosen: Numbers, sizes: Numbers, sums: Numbers, squares: Numbers) -> Numbers:
    count = (chosen @ sizes)[:, None]
    mean = chosen @ sums / count
    variance = (chosen @ squares / count - mean**2) * count / (count - 1)
    flat = variance <= FLAT
    found: Numbers = np.where(flat, 0.0, mean / np.sqrt(np.where(flat, 1.0, variance)))
    return found


def overfitting_of(tracks: Sequence[Track]) -> float | None:
    """`overfitting` of the tries whose series cover the longest time; None with fewer than ten."""
    groups: dict[tuple[int, int, int], list[Track]] = {}
    for track in tracks:
        groups.setdefault((track.step_s, track.first, len(track.series)), []).append(track)
    if not groups:
        return None
    most = max(groups.values(), key=lambda group: (len(group), group[0].first))
    if len(most) < FEWEST_FOR_PBO or len(most[0].series) // 4 < 2 * BLOCKS:
        return None
    rows = np.stack([np.frombuffer(t.series, "<f4") for t in most]).astype(float)
    return overfitting(rows)
