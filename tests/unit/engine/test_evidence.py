"""How much of a result is luck: our formulas against those of other packages, and by hand."""

import itertools
import math
import warnings
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.engine.evidence.ratios import (
    best_by_luck,
    deflated,
    least_bars,
    probability_above,
    spread_of_worthless,
)
from components.engine.evidence.track import (
    against,
    bootstrap,
    evidence_of,
    moments,
    regimes,
    returns_of,
    track_of,
)
from components.engine.evidence.tries import (
    _correlations,
    _matrix,
    independent,
    overfitting,
    overfitting_of,
)
from components.schema.results.evidence import Moments, Track
from components.schema.results.values import Trade

CLOSE = {"rel": 1e-9, "abs": 1e-9}
DAYS = pd.bdate_range("2000-01-03", periods=1501)


@pytest.fixture(scope="module")
def others():
    """What is compared with. Loading it takes two seconds: not in processes that run other tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import empyrical
        import purgedcv
        import quantstats
        from scipy import stats
        from skfolio.measures import _measures as skfolio
    return SimpleNamespace(
        empyrical=empyrical, purgedcv=purgedcv, quantstats=quantstats, stats=stats, skfolio=skfolio
    )


def noise(seed, count=1500, mean=0.0004):
    return np.random.default_rng(seed).standard_t(4, count) * 0.008 + mean


def curve(returns, index=DAYS):
    return pd.Series(10_000 * np.concatenate(([1.0], np.cumprod(1 + returns))), index=index)


def plain(found):
    """Without the correction for returns that follow one another: the others have none."""
    return found.model_copy(update={"autocorrelation": 0.0})


def track(seed, *, like=None, rho=0.0, weeks=400, first=100):
    own = np.random.default_rng(seed).standard_normal(weeks)
    mixed = own if like is None else rho * like + math.sqrt(1 - rho**2) * own
    values = mixed.astype("<f4")
    return Track(fingerprint=str(seed), step_s=604_800, first=first, series=values.tobytes())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("benchmark", [0.0, 0.03])
def test_the_probabilistic_sharpe_ratio_is_that_of_skfolio_and_purgedcv(seed, benchmark, others):
    returns = noise(seed)
    found = plain(moments(returns))
    mine = probability_above(benchmark, found)
    assert mine == pytest.approx(_theirs(returns, benchmark, found, others), **CLOSE)
    # purgedcv takes the deviation with n, and moments corrected for small samples
    as_theirs = Moments(
        observations=len(returns),
        sharpe=returns.mean() / returns.std(),
        skewness=others.stats.skew(returns, bias=False),
        kurtosis=others.stats.kurtosis(returns, bias=False, fisher=False),
    )
    theirs = others.purgedcv.probabilistic_sharpe_ratio(returns, benchmark)
    assert probability_above(benchmark, as_theirs) == pytest.approx(theirs, **CLOSE)
    theirs = others.purgedcv.min_track_record_length(
        as_theirs.sharpe, 0.0, 0.05, as_theirs.skewness, as_theirs.kurtosis
    )
    mine = least_bars(as_theirs)
    assert (math.inf if mine is None else math.ceil(mine - 1) + 1) == theirs


def _theirs(returns, benchmark, found, others):
    sample = others.skfolio.skew(returns), others.skfolio.kurtosis(returns)
    assert sample == pytest.approx((found.skewness, found.kurtosis), **CLOSE)
    return others.skfolio.probabilistic_sharpe_ratio(returns, benchmark)


@pytest.mark.parametrize("tries", [2, 5, 50, 1_000_000])
def test_the_best_of_worthless_tries_is_that_of_skfolio(tries, others):
    theirs = others.skfolio.expected_max_sharpe_ratio(tries, 0.3)
    assert best_by_luck(0.09, tries) == pytest.approx(theirs, **CLOSE)


def test_the_deflated_ratio_is_that_of_skfolio_for_the_same_spread(others):
    rows = np.stack([noise(seed) for seed in range(20)])
    ratios = rows.mean(axis=1) / rows.std(axis=1, ddof=1)
    best = rows[ratios.argmax()]
    mine = probability_above(best_by_luck(ratios.var(ddof=1), 20), plain(moments(best)))
    assert mine == pytest.approx(others.skfolio.deflated_sharpe_ratio(best, ratios), **CLOSE)


@pytest.mark.parametrize("tries", [12, 30])
def test_the_probability_of_overfitting_is_that_of_purgedcv(tries, others):
    rows = np.stack([noise(seed, 480, 0) for seed in range(tries)])
    theirs = others.purgedcv.probability_of_backtest_overfitting(rows, n_splits=8)
    assert overfitting(rows, 8) == pytest.approx(theirs.pbo, **CLOSE)


def test_a_year_of_sharpe_alpha_and_beta_are_those_of_quantstats_and_empyrical(others):
    market = noise(1)
    returns = 0.4 * market + noise(2, mean=0.0001)
    found = moments(returns)
    series = pd.Series(returns, DAYS[1:])
    year = found.sharpe * math.sqrt(252)
    assert year == pytest.approx(
        float(others.empyrical.sharpe_ratio(series, annualization=252)), **CLOSE
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert year == pytest.approx(
            float(others.quantstats.stats.sharpe(series, periods=252)), **CLOSE
        )
    mine = against(returns, market, 252)
    assert mine.beta == pytest.approx(
        float(others.empyrical.beta(series, pd.Series(market, DAYS[1:])))
    )
    assert mine.alpha_pct == pytest.approx((returns.mean() - mine.beta * market.mean()) * 25_200)


def test_errors_of_alpha_and_beta_are_newey_and_wests_by_hand():
    market, own = noise(1, 300), noise(2, 300)
    mine = against(own, market, 252)
    design = np.column_stack((np.ones(300), market))
    fit, *_ = np.linalg.lstsq(design, own, rcond=None)
    left = own - design @ fit
    lags = math.floor(4 * 3 ** (2 / 9))
    middle = np.zeros((2, 2))
    for i, j in itertools.product(range(300), repeat=2):
        weight = 1 - abs(i - j) / (lags + 1)
        if weight > 0:
            middle += weight * left[i] * left[j] * np.outer(design[i], design[j])
    bread = np.linalg.inv(design.T @ design)
    errors = np.sqrt(np.diag(bread @ middle @ bread))
    assert mine.alpha_t == pytest.approx(fit[0] / errors[0], rel=1e-9)
    assert mine.beta_t == pytest.approx(fit[1] / errors[1], rel=1e-9)


def test_returns_that_follow_one_another_are_worth_less_and_never_more():
    found = Moments(observations=1000, sharpe=0.06, skewness=0, kurtosis=3, autocorrelation=0)
    follows = found.model_copy(update={"autocorrelation": 0.3})
    turns = found.model_copy(update={"autocorrelation": -0.3})
    assert probability_above(0, follows) < probability_above(0, found)
    assert probability_above(0, turns) == probability_above(0, found)
    assert spread_of_worthless(follows) == pytest.approx(1.3 / 0.7 / 999)
    assert least_bars(follows) > least_bars(found)


def test_more_tries_never_make_a_result_surer():
    found = Moments(observations=5000, sharpe=0.03, skewness=-0.5, kurtosis=9)
    told = [deflated(found, tries) for tries in (1, 1.5, 2, 3, 10, 100, 1e6)]
    assert told == sorted(told, reverse=True)
    assert told[0] == probability_above(0, found)


def test_the_only_try_of_noise_is_surer_than_95_percent_one_time_in_twenty():
    random = np.random.default_rng(7)
    sure = [
        deflated(moments(random.standard_normal(1000)), 1) >= 0.95  # the level itself
        for _ in range(2000)
    ]
    assert 0.035 < np.mean(sure) < 0.065


def test_the_interval_of_the_bootstrap_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(11)
    held = 0
    for _ in range(200):
        returns = random.standard_normal(500) * 0.01 + 0.0005
        span, _ = bootstrap(returns, returns, 252)
        held += span.low <= 0.05 * math.sqrt(252) <= span.high
    assert 0.88 < held / 200 <= 1


def test_equal_returns_have_equal_intervals():
    returns = noise(3)
    assert bootstrap(returns, returns, 252) == bootstrap(returns.copy(), returns.copy(), 252)


def test_flat_short_or_ruined_curves_have_no_moments():
    assert moments(np.zeros(50)) is None
    assert moments(noise(1, 5)) is None
    ruined = curve(noise(1, 50), DAYS[:51])
    ruined.iloc[30] = 0
    assert returns_of(ruined) is None
    assert evidence_of(ruined, ruined, (), 252)[1] is None


def test_years_multiply_to_the_whole_return_and_shares_are_of_the_profit():
    returns = noise(5)
    equity = curve(returns)
    trades = tuple(_trade(pnl) for pnl in (1, 2, 3, 4, 5, 6, -11))
    found, _ = evidence_of(equity, equity, trades, 252)
    whole = math.prod(1 + y.return_pct / 100 for y in found.years)
    assert whole == pytest.approx(equity.iloc[-1] / equity.iloc[0])
    assert [y.year for y in found.years] == [2000, 2001, 2002, 2003, 2004, 2005]
    assert found.best_trades_pct == pytest.approx(20 / 10 * 100)
    assert found.break_even_cost_pct == pytest.approx(10 / (7 * 2 * 105) * 100)
    assert found.against.beta == pytest.approx(1)


def _trade(pnl):
    return Trade(
        entry_bar=1, exit_bar=2, entry_time="t", exit_time="t", size=2, entry_price=50,
        exit_price=55, pnl=pnl, return_pct=1, commission=0,
    )  # fmt: skip


def test_regimes_are_thirds_of_the_bars_by_the_volatility_before_them():
    market = np.concatenate([noise(1, 500) * scale for scale in (0.2, 1, 5)])
    own = np.concatenate([np.full(500, r) for r in (0.001, 0.0, -0.001)])
    calm, usual, stormy = regimes(own, market)
    assert abs(calm.bars - stormy.bars) <= 1
    assert calm.return_pct > 50
    assert stormy.return_pct < -30
    assert abs(usual.return_pct) < 10


def test_a_track_has_one_number_a_week_and_the_same_fingerprint_for_equal_returns():
    returns = noise(1)
    found = track_of(returns, DAYS)
    assert found.step_s == 604_800
    assert len(found.series) == 4 * 301  # 1,501 weekdays
    assert np.frombuffer(found.series, "<f4").sum() == pytest.approx(returns.sum(), rel=1e-5)
    assert found == track_of(returns.copy(), DAYS)
    assert found.fingerprint != track_of(returns + 1e-6, DAYS).fingerprint
    hours = pd.date_range("2024-01-01", periods=1501, freq="h")
    assert track_of(returns, hours).step_s == 86_400


# --- tries -------------------------------------------------------------------------------------


def test_copies_count_once_and_strangers_one_each():
    first = np.random.default_rng(0).standard_normal(400)
    base = track(0)
    assert independent([base], 1) == 1
    near = [track(100 + n, like=first, rho=0.999) for n in range(100)]
    assert independent([base, *near], 101) <= 3
    strangers = [track(n) for n in range(20)]
    assert 18 <= independent(strangers, 20) <= 20


def test_a_flood_of_copies_hides_none_of_the_tries_before_or_after_it():
    first = np.random.default_rng(0).standard_normal(400)
    strangers = [track(n) for n in range(1, 31)]
    flood = [track(1000 + n, like=first, rho=0.99) for n in range(200)]
    alone = independent(strangers, 30)
    assert independent([*flood, *strangers], 230) >= alone
    assert independent([*strangers, *flood], 230) >= alone


@given(st.integers(2, 25), st.floats(0, 0.99), st.integers(0, 1000))
def test_one_more_try_never_makes_the_count_less(tries, rho, seed):
    first = np.random.default_rng(seed).standard_normal(400)
    tracks = [track(seed + n, like=first, rho=rho) for n in range(1, tries + 2)]
    fewer, more = independent(tracks[:-1], tries), independent(tracks, tries + 1)
    assert 1 <= fewer <= more <= tries + 1


def test_strategies_that_did_nothing_and_other_calendars():
    still = Track(fingerprint="0", step_s=604_800, first=1, series=bytes(400))
    assert independent([still], 1) == 1
    assert independent([still, track(1)], 2) == 1
    hours = track(2).model_copy(update={"step_s": 86_400})
    assert independent([track(1), hours], 2) == 2


def test_the_correlation_of_series_of_different_length_is_that_of_what_both_have():
    a = track(1)
    shorter = Track(fingerprint="s", step_s=604_800, first=300, series=a.series[800:])
    found = _correlations(_matrix([a, shorter]))
    assert found[0, 1] == pytest.approx(math.sqrt(0.5), abs=0.05)


def test_a_sample_tells_of_many_tries_what_all_would():
    """Strangers grow with their number; copies of one strategy hardly."""
    strangers = [track(n) for n in range(128)]
    assert independent(strangers, 1280) > 900
    first = np.random.default_rng(0).standard_normal(400)
    copies = [track(n + 1, like=first, rho=0.995) for n in range(128)]
    assert independent(copies, 1280) < 20


def test_overfitting_needs_ten_tries_over_the_same_time():
    tracks = [track(n) for n in range(10)]
    assert overfitting_of(tracks[:9]) is None
    assert 0 <= overfitting_of(tracks) <= 1
    assert overfitting_of([*tracks[:9], track(10, weeks=300)]) is None
    skilled = np.random.default_rng(5).standard_normal(400).astype("<f4") + 1
    good = tracks[0].model_copy(update={"series": skilled.tobytes()})
    assert overfitting_of([*tracks, good]) == 0


def test_the_level_of_the_best_of_many_is_what_many_draws_show():
    random = np.random.default_rng(3)
    for tries in (5, 50):
        best = random.standard_normal((20_000, tries)).max(axis=1).mean()
        assert best_by_luck(1, tries) == pytest.approx(best, abs=0.05)
    assert NormalDist().cdf(best_by_luck(1, 50)) > 0.98


def test_the_months_of_a_year_multiply_to_the_year_and_the_last_twelve_have_its_sharpe_ratio():
    equity = curve(noise(3))
    found, _ = evidence_of(equity, equity, [], 252.0, 0.02)
    months = found.months
    assert months.first == "2000-01"
    for number, year in enumerate(found.years):
        whole = math.prod(1 + r / 100 for r in months.returns_pct[12 * number : 12 * number + 12])
        assert (whole - 1) * 100 == pytest.approx(year.return_pct, **CLOSE)
    assert months.rolling_sharpe[:11] == (None,) * 11
    in_2001 = equity["2000-12-29":"2001-12-31"].to_numpy()
    returns = in_2001[1:] / in_2001[:-1] - 1 - (1.02 ** (1 / 252) - 1)
    by_hand = returns.mean() / returns.std(ddof=1) * math.sqrt(252)
    assert months.rolling_sharpe[23] == pytest.approx(by_hand, **CLOSE)


def test_a_month_without_bars_is_told_from_one_without_a_profit():
    days = pd.DatetimeIndex([*pd.date_range("2020-01-01", periods=20), *DAYS[-1:].shift(5500)])
    found, _ = evidence_of(curve(np.zeros(20), days), curve(np.ones(20), days), [], 365.0)
    months = found.months
    assert months.returns_pct[0] == 0.0
    assert set(months.returns_pct[1:-1]) == {None}
    assert months.returns_pct[-1] == 0.0
    assert set(months.rolling_sharpe) == {None}
