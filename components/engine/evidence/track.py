"""PURE: what the returns of one run say: moments, intervals, years, regimes, costs."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from components.engine.annual import DAILY, DAY, SMALLEST
from components.engine.evidence.months import months_of
from components.schema.results.evidence import (
    Against,
    Evidence,
    Moments,
    Regime,
    Span,
    Track,
    YearReturn,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from components.schema.results.values import Trade

    Numbers = NDArray[np.float64]

FEWEST = 10
"""Returns below which nothing is said."""

DRAWS = 1_000
_CHUNK = 50
_SEED = 20_140_901
BEST_TRADES = 5
_LOOK_BACK = 21
_NAMES: tuple[Literal["calm", "usual", "stormy"], ...] = ("calm", "usual", "stormy")


def returns_of(equity: pd.Series[float]) -> Numbers | None:
    """Of each bar against the one before; None where they are undefined."""
    values = equity.to_numpy(dtype=float)
    if len(values) <= FEWEST or not np.isfinite(values).all() or (values[:-1] <= 0).any():
        return None
    found: Numbers = values[1:] / values[:-1] - 1
    return found


def moments(excess: Numbers) -> Moments | None:
    """Moments of returns; None where they do not vary."""
    count = len(excess)
    deviation = float(excess.std(ddof=1)) if count > FEWEST else 0.0
    if not deviation > SMALLEST:
        return None
    mean = float(excess.mean())
    away = excess - mean
    second = float(np.mean(away**2))
    return Moments(
        observations=count,
        sharpe=mean / deviation,
        skewness=float(np.mean(away**3)) / second**1.5,
        kurtosis=float(np.mean(away**4)) / second**2,
        autocorrelation=float(np.dot(away[1:], away[:-1])) / (second * count),
    )


def track_of(returns: Numbers, index: pd.DatetimeIndex) -> Track:
    """What the ledger keeps of a run.

    Args:
        returns: of the bars after the first.
        index: times of all bars.
    """
    seconds = index.as_unit("s").asi8
    step = DAY if float(np.median(np.diff(seconds))) < DAILY else 7 * DAY
    spans = seconds[1:] // step
    first = int(spans[0])
    series = np.bincount(spans - first, weights=returns).astype("<f4")
    fingerprint = hashlib.sha256(returns.astype("<f4").tobytes()).hexdigest()
    return Track(fingerprint=fingerprint, step_s=step, first=first, series=series.tobytes())


def evidence_of(
    equity: pd.Series[float],
    held: pd.Series[float],
    trades: Sequence[Trade],
    year: float | None,
    risk_free: float = 0.0,
) -> tuple[Evidence, Track | None]:
    """All that one run's returns say.

    Args:
        equity: at the close of each bar, by time.
        held: closes of what is bought and held, at the same times.
        trades: all of them, closed.
        year: bars in a year.
        risk_free: what money earns without risk, a year, as a fraction.
    """
    least, track = least_of(equity, year, risk_free)
    returns = returns_of(equity)
    if track is None or returns is None or year is None:
        return least, None
    found = least.moments
    excess = _excess(returns, year, risk_free)
    market = held.to_numpy(dtype=float)
    market = market[1:] / market[:-1] - 1
    spans = bootstrap(returns, excess, year) if found is not None else (None, None)
    yearly = _by_year(equity)
    more = Evidence(
        moments=found,
        sharpe_span=spans[0],
        return_span_pct=spans[1],
        against=against(excess, market, year) if found is not None else None,
        years=tuple(YearReturn(year=y, return_pct=(b / a - 1) * 100) for y, a, b in yearly),
        months=months_of(equity, excess, year),
        regimes=regimes(returns, market),
        best_year_pct=_share(
            max(b - a for _, a, b in yearly), float(equity.iloc[-1] - equity.iloc[0])
        ),
        best_trades_pct=_best_trades([t.pnl for t in trades]),
        break_even_cost_pct=_break_even(trades),
        returns_sha256=track.fingerprint,
    )
    return more, track


def least_of(
    equity: pd.Series[float], year: float | None, risk_free: float = 0.0
) -> tuple[Evidence, Track | None]:
    """The moments of one run's returns, and what the ledger keeps of it; see `evidence_of`."""
    returns = returns_of(equity)
    if returns is None or year is None:
        return Evidence(), None
    track = track_of(returns, pd.DatetimeIndex(equity.index))
    found = moments(_excess(returns, year, risk_free))
    return Evidence(moments=found, returns_sha256=track.fingerprint), track


def _excess(returns: Numbers, year: float, risk_free: float) -> Numbers:
    excess: Numbers = returns - ((1 + risk_free) ** (1 / year) - 1)
    return excess


def bootstrap(returns: Numbers, excess: Numbers, year: float) -> tuple[Span | None, Span | None]:
    """95 % intervals of a year's Sharpe ratio and of a year's return in percent.

    Stationary bootstrap (Politis and Romano, Journal of the American Statistical Association 89,
    1994): blocks that begin anywhere, of a length with mean T^(1/3) that varies geometrically, on
    a circle; a thousand draws from one seed, so that equal returns have equal intervals.
    """
    count = len(returns)
    sums = [
        _running(excess),
        _running(excess**2),
        _running(np.log1p(np.maximum(returns, -0.999999))),
    ]
    drawn = np.concatenate(list(_draws(sums, count)))
    mean = drawn[:, 0] / count
    variance = np.maximum(drawn[:, 1] / count - mean**2, 0) * count / (count - 1)
    ratios = mean[variance > SMALLEST**2] / np.sqrt(variance[variance > SMALLEST**2])
    growth = np.expm1(np.minimum(drawn[:, 2] / count * year, 700.0)) * 100
    sharpe = _span(ratios * math.sqrt(year)) if len(ratios) else None
    return sharpe, _span(growth)


def _running(values: Numbers) -> Numbers:
    """Sums from the start over the values twice: a block may run over the end."""
    return np.concatenate(([0.0], np.cumsum(np.concatenate((values, values)))))


def _draws(sums: list[Numbers], count: int) -> list[Numbers]:
    random = np.random.default_rng(_SEED)
    length = max(1.0, round(count ** (1 / 3)))
    blocks = int(count / length * 1.5) + 30
    found = []
    for _ in range(DRAWS // _CHUNK):
        sizes = random.geometric(1 / length, (_CHUNK, blocks))
        starts = random.integers(0, count, (_CHUNK, blocks))
        ends = np.minimum(np.cumsum(sizes, axis=1), count)
        ends[:, -1] = count
        sizes = np.diff(ends, axis=1, prepend=0)
        found.append(np.stack([(s[starts + sizes] - s[starts]).sum(axis=1) for s in sums], axis=1))
    return found


def _span(values: Numbers) -> Span:
    low, high = np.quantile(values, (0.025, 0.975))
    return Span(low=float(low), high=float(high))


def against(excess: Numbers, market: Numbers, year: float) -> Against | None:
    """Least squares of returns on the market's, with errors that bear what follows one another.

    Newey and West, Econometrica 55 (3), 1987: Bartlett weights over floor(4 (T / 100)^(2/9)) lags,
    no correction for small samples. A year's alpha is the mean a bar times the bars of a year.

    Returns:
        None where the market does not move.
    """
    away = market - market.mean()
    moved = float(away @ away)
    if not moved > SMALLEST:
        return None
    beta = float(away @ excess) / moved
    alpha = float(excess.mean()) - beta * float(market.mean())
    design = np.column_stack((np.ones_like(market), market))
    errors = _newey_west(design, excess - alpha - beta * market)
    alpha_t, beta_t = (
        value / error if error > SMALLEST else None
        for value, error in zip((alpha, beta), errors, strict=True)
    )
    return Against(alpha_pct=alpha * year * 100, alpha_t=alpha_t, beta=beta, beta_t=beta_t)


def _newey_west(design: Numbers, residuals: Numbers) -> tuple[float, float]:
    scores = design * residuals[:, None]
    lags = int(4 * (len(residuals) / 100) ** (2 / 9))
    middle = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (lags + 1)) * (cross + cross.T)
    bread = np.linalg.inv(design.T @ design)
    variances = np.maximum(np.diag(bread @ middle @ bread), 0.0)
    return math.sqrt(variances[0]), math.sqrt(variances[1])


def _by_year(equity: pd.Series[float]) -> list[tuple[int, float, float]]:
    """Each calendar year with the equity before and at its end."""
    ends = equity.groupby(pd.DatetimeIndex(equity.index).year).last()
    before = float(equity.iloc[0])
    rows = []
    for year, value in ends.items():
        rows.append((int(str(year)), before, float(value)))
        before = float(value)
    return rows


def regimes(returns: Numbers, market: Numbers) -> tuple[Regime, ...]:
    """Returns by the market's volatility: the deviation of the 21 returns before each bar.

    The bars are cut into thirds of equal number. Bars without 21 returns before them are left out.
    """
    if len(returns) < 3 * _LOOK_BACK:
        return ()
    windows = np.lib.stride_tricks.sliding_window_view(market, _LOOK_BACK)[:-1]
    loud = windows.std(axis=1)
    place = np.argsort(np.argsort(loud, kind="stable"), kind="stable") * 3 // len(loud)
    after = returns[_LOOK_BACK:]
    return tuple(
        Regime(
            name=name,
            bars=int((place == number).sum()),
            return_pct=float(np.prod(1 + after[place == number]) - 1) * 100,
        )
        for number, name in enumerate(_NAMES)
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole * 100 if whole > 0 else None


def _best_trades(profits: Sequence[float]) -> float | None:
    return _share(math.fsum(sorted(profits)[-BEST_TRADES:]), math.fsum(profits))


def _break_even(trades: Sequence[Trade]) -> float | None:
    """Profit by traded value, in percent: with so much more cost an order nothing is earned."""
    traded = math.fsum(abs(t.size) * (t.entry_price + t.exit_price) for t in trades)
    return math.fsum(t.pnl for t in trades) / traded * 100 if traded else None
