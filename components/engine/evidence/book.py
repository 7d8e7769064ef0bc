"""PURE: how returns of several strategies go together (docs/metrics.md has each source).

All is compared in calendar weeks, which exchanges with and without weekends have in common.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from components.engine.annual import DAY
from components.schema.results.book import Alike, Book, BookFit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from components.schema.results.evidence import Track

    Numbers = NDArray[np.float64]

FEWEST = 52
"""Common weeks below which nothing is said."""

WEEK = 7 * DAY
_YEAR = 365.25 / 7
_STILL = 1e-7
"""A deviation of a week's returns that is float32's rounding alone."""


@dataclass(frozen=True)
class Weekly:
    """Returns of one strategy by week; NaN where none of its symbols has data.

    Attributes:
        first: number of the first whole week, counted from 1970 (weeks begin on Thursdays).
    """

    first: int
    values: Numbers

    def cut(self, begin: int, end: int) -> Numbers:
        """The weeks from `begin` to before `end`; NaN where there are none."""
        found = np.full(end - begin, np.nan)
        low, high = max(begin, self.first), min(end, self.end)
        if low < high:
            found[low - begin : high - begin] = self.values[low - self.first : high - self.first]
        return found

    @property
    def end(self) -> int:
        """The week after the last."""
        return self.first + len(self.values)


def weekly(tracks: Sequence[Track]) -> Weekly:
    """A strategy's returns: each week the mean over its symbols that have data then.

    Args:
        tracks: of each symbol; at least one.
    """
    parts = [_weeks(track) for track in tracks]
    begin, end = min(p.first for p in parts), max(p.end for p in parts)
    rows = np.stack([p.cut(begin, end) for p in parts])
    there = ~np.isnan(rows)
    count = there.sum(axis=0)
    total = np.where(there, rows, 0.0).sum(axis=0)
    return Weekly(begin, np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _weeks(track: Track) -> Weekly:
    values = np.frombuffer(track.series, "<f4").astype(float)
    weeks = (track.first + np.arange(len(values))) * track.step_s // WEEK
    sums = np.bincount(weeks - weeks[0], weights=values).astype(float)
    return Weekly(int(weeks[0]) + 1, sums[1:-1])  # the first and the last are rarely whole


def alike(name: str, one: Weekly, other: Weekly) -> Alike:
    """Pearson's correlation over the weeks that both have.

    Returns:
        `correlation` None with fewer than 52 common weeks, or where one of them does not move.
    """
    begin, end = min(one.first, other.first), max(one.end, other.end)
    first, second = one.cut(begin, end), other.cut(begin, end)
    both = ~np.isnan(first) & ~np.isnan(second)
    first, second = first[both], second[both]
    if len(first) < FEWEST:
        weeks = f"{len(first)} weeks in common with {name}, {FEWEST} are needed"
        return Alike(name=name, why=weeks)
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        return Alike(name=name, why=f"returns that are no numbers, compared with {name}")
    if min(first.std(), second.std()) <= _STILL:
        return Alike(name=name, why=f"returns do not move in the weeks in common with {name}")
    found = float(np.corrcoef(first, second)[0, 1])
    return Alike(name=name, correlation=min(max(found, -1.0), 1.0))


def each_with_each(found: Sequence[Weekly]) -> Numbers:
    """What `alike` says of each pair, of all pairs at once; NaN where it says nothing.

    Args:
        found: at least one; each moves, with finite returns.
    """
    rows = _stacked(found)
    there = (~np.isnan(rows)).astype(float)
    away = np.where(there > 0, rows - np.nanmean(rows, axis=1, keepdims=True), 0.0)
    weeks = there @ there.T
    common = np.maximum(weeks, 1)
    means = away @ there.T / common
    variances = away**2 @ there.T / common - means**2
    together = away @ away.T / common - means * means.T
    least = np.minimum(variances, variances.T)
    known = (weeks >= FEWEST) & (least > _STILL**2)
    both = np.where(known, variances * variances.T, np.nan)
    result: Numbers = (together / np.sqrt(both)).round(12).clip(-1, 1)
    np.fill_diagonal(result, 1.0)
    return result


def _stacked(found: Sequence[Weekly]) -> Numbers:
    begin, end = min(w.first for w in found), max(w.end for w in found)
    return np.stack([w.cut(begin, end) for w in found])


@dataclass(frozen=True)
class Joint:
    """The book of equal risk: a strategy weighs one over the deviation of its returns.

    Weights sum to 1 each week among those that have data. The deviation is that of the whole time,
    which is known only afterwards.
    """

    first: int
    rows: Numbers
    weights: Numbers
    returns: Numbers

    @property
    def sharpe(self) -> float | None:
        """A year's, of the weeks' returns; no interest is taken off."""
        deviation = float(self.returns.std(ddof=1))
        mean = float(self.returns.mean())
        return mean / deviation * math.sqrt(_YEAR) if deviation > _STILL else None

    @property
    def equity(self) -> Numbers:
        """1 before the first week."""
        found: Numbers = np.cumprod(1 + np.maximum(self.returns, -1.0))
        return found

    @property
    def drawdown_pct(self) -> float:
        """The deepest, of week ends; zero or less."""
        equity = np.concatenate(([1.0], self.equity))
        return float((equity / np.maximum.accumulate(equity) - 1).min()) * 100


def joint(rows: Numbers, first: int) -> Joint:
    """The book of these strategies.

    Args:
        rows: one for each strategy, NaN where it has no data; each moves; in each week at least
            one has data.
        first: number of the first week.
    """
    risk = np.nanstd(rows, axis=1)
    there = ~np.isnan(rows)
    weights = there / risk[:, None]
    weights = weights / weights.sum(axis=0)
    returns = (weights * np.where(there, rows, 0.0)).sum(axis=0)
    return Joint(first, rows, weights, returns)


def fit(one: Weekly | str, book: Mapping[str, Weekly | str]) -> BookFit:
    """A strategy against the book of all others.

    Args:
        one: its returns, or why there are none.
        book: each other deployed strategy, likewise.
    """
    if not book:
        return _told(BookFit(exempt=True, why="nothing else is deployed"))
    if isinstance(one, str):
        return _told(BookFit(why=one))
    found = [
        Alike(name=name, why=f"{name}: {other}")
        if isinstance(other, str)
        else alike(name, one, other)
        for name, other in book.items()
    ]
    found.sort(key=lambda a: (a.correlation is None, -(a.correlation or 0.0), a.name))
    unknown = [a.why for a in found if a.correlation is None]
    if unknown:
        return _told(BookFit(alike=tuple(found), why=unknown[0]))
    others = [other for other in book.values() if not isinstance(other, str)]
    return _told(_measured(one, others).model_copy(update={"alike": tuple(found),
        "correlation_with_book": found[0].correlation}))  # fmt: skip


def _measured(one: Weekly, others: Sequence[Weekly]) -> BookFit:
    """Both books over the weeks in which the strategy and at least one other have data."""
    rows = np.stack([w.cut(one.first, one.end) for w in (*others, one)])
    rows = rows[:, ~np.isnan(rows[-1]) & ~np.isnan(rows[:-1]).all(axis=0)]
    without, together = joint(rows[:-1], one.first), joint(rows, one.first)
    before, after = without.sharpe, together.sharpe
    known = before is not None and after is not None
    return BookFit(
        sharpe_without=before,
        sharpe_with=after,
        marginal_sharpe=(after or 0.0) - (before or 0.0) if known else None,
        drawdown_without_pct=without.drawdown_pct,
        drawdown_with_pct=together.drawdown_pct,
        why="" if known else "the returns of the book do not move",
    )


def _told(found: BookFit) -> BookFit:
    return found.model_copy(update={"line": _line(found)})


def _line(found: BookFit) -> str:
    if found.correlation_with_book is None:
        return f"Book: not compared, {found.why}."
    first = found.alike[0]
    words = f"Book: {found.correlation_with_book * 100:z.0f} % correlated with {first.name}"
    if found.marginal_sharpe is None:
        return f"{words}; {found.why}."
    return (
        f"{words}, the most of {len(found.alike)} deployed. With it the Sharpe ratio of all is"
        f" {found.sharpe_with:z.2f}, without it {found.sharpe_without:z.2f}; the deepest drawdown"
        f" {found.drawdown_with_pct:z.1f} % and {found.drawdown_without_pct:z.1f} %."
    )


def bets(correlations: Numbers) -> float:
    """The effective number of bets of equal risk: exp of the entropy of the eigenvalues' shares.

    Of n strategies that have nothing in common n, of n copies 1. O. Roy and M. Vetterli, The
    Effective Rank, EUSIPCO 2007; with principal portfolios of equal risk it is A. Meucci's
    measure (Managing Diversification, Risk 22 (5), 2009).
    """
    values = np.linalg.eigvalsh(correlations).clip(0)
    shares = values[values > 0] / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def whole(deployed: Mapping[str, Weekly | str]) -> Book:
    """All that is deployed, together. Strategies without returns that move are left out and said.

    Args:
        deployed: each with its returns, or why there are none.
    """
    usable = {n: w for n, w in deployed.items() if not isinstance(w, str) and not _unusable(w)}
    missing = tuple(
        Alike(name=n, why=w if isinstance(w, str) else _unusable(w))
        for n, w in deployed.items()
        if n not in usable
    )
    if not usable:
        why = "no deployed strategy has returns to show" if deployed else "nothing is deployed"
        return Book(missing=missing, why=why)
    names = tuple(usable)
    book = _joined(list(usable.values()))
    found = each_with_each(list(usable.values()))
    all_known = not np.isnan(found).any()
    matrix = tuple(tuple(None if math.isnan(v) else v for v in row) for row in found.tolist())
    variance = float(book.returns.var())
    parts = np.where(np.isnan(book.rows), 0.0, book.rows) * book.weights
    away = book.returns - book.returns.mean()
    shares = (parts * away).mean(axis=1) / variance * 100 if variance > _STILL**2 else ()
    return Book(
        names=names,
        correlations=matrix,
        missing=missing,
        bets=bets(found) if all_known else None,
        sharpe=book.sharpe,
        drawdown_pct=book.drawdown_pct,
        contributions_pct=tuple(float(s) for s in shares),
        weights_pct=tuple(float(s) * 100 for s in book.weights.mean(axis=1)),
        start=datetime.fromtimestamp(book.first * WEEK, UTC).date().isoformat(),
        equity=tuple(float(v) for v in book.equity),
    )


def _unusable(one: Weekly) -> str:
    values = one.values[~np.isnan(one.values)]
    if len(values) < FEWEST:
        return f"it has {len(values)} weeks of returns, {FEWEST} are needed"
    if not (np.isfinite(values).all() and values.std() > _STILL):
        return "its returns do not move"
    return ""


def _joined(found: Sequence[Weekly]) -> Joint:
    rows = _stacked(found)
    rows[0, np.isnan(rows).all(axis=0)] = 0.0  # nobody has data: the money lies still
    return joint(rows, min(w.first for w in found))
