"""The Sharpe ratio against other packages, bars in a year, one buy-and-hold figure."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from backtesting.test import BTCUSD, EURUSD, GOOG
from hypothesis import given
from hypothesis import strategies as st

from components.engine.annual import bars_a_year, sharpe
from components.engine.ledger import Ledger
from components.engine.result import buy_and_hold, equity_of, metrics_of
from components.engine.version import ENGINE, METRICS_VERSION
from components.ports import Bars
from components.protocol.messages import PlaceOrder
from components.schema.definition.backtest import BacktestConfig
from components.schema.results.values import Metrics


def empyrical_sharpe(returns, year, risk_free=0.0):
    import empyrical

    per_bar = (1 + risk_free) ** (1 / year) - 1
    return float(empyrical.sharpe_ratio(returns, risk_free=per_bar, annualization=year))


def quantstats_sharpe(returns, year, risk_free=0.0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import quantstats

        return float(quantstats.stats.sharpe(returns, rf=risk_free, periods=year))


def session(freq):
    """A quarter of bars of an American exchange, 9:30 to 16:00, without weekends."""
    clock = pd.date_range("2024-01-01", "2024-04-01", freq=freq, tz="America/New_York")
    minute = clock.hour * 60 + clock.minute
    return clock[(clock.day_of_week < 5) & (minute >= 570) & (minute < 960)]


CALENDARS = {
    "weekdays": (pd.bdate_range("2015-01-01", periods=1500), 252),
    "every day": (pd.date_range("2015-01-01", periods=1500), 365),
    "hours, 24/7": (pd.date_range("2024-01-01", periods=3000, freq="h"), 365 * 24),
    "minutes, 24/7": (pd.date_range("2024-01-01", periods=20_000, freq="min"), 365 * 1440),
    "minutes of an exchange": (session("min"), 252 * 390),
    "half hours of an exchange": (session("30min"), 252 * 13),
    "weeks": (pd.date_range("2015-01-01", periods=300, freq="W"), 52),
    "months": (pd.date_range("2005-01-01", periods=200, freq="MS"), 12),
    "quarters": (pd.date_range("1990-01-01", periods=80, freq="QS"), 4),
}


def equity(index, seed=1, drift=0.0002):
    moves = np.random.default_rng(seed).standard_normal(len(index)) * 0.01 + drift
    return pd.Series(10_000 * np.exp(np.cumsum(moves)), index=index)


@pytest.mark.parametrize("name", CALENDARS)
def test_year_is_that_of_the_data(name):
    index, year = CALENDARS[name]
    assert bars_a_year(index) == year


@pytest.mark.parametrize(
    ("frame", "year"), [(GOOG, 252), (EURUSD, 252 * 24), (BTCUSD, 12)], ids=["GOOG", "FX", "BTC"]
)
def test_year_of_real_data(frame, year):
    assert bars_a_year(frame.index) == year


@pytest.mark.parametrize("risk_free", [0.0, 0.03])
@pytest.mark.parametrize("name", CALENDARS)
def test_sharpe_is_that_of_quantstats_and_empyrical(name, risk_free):
    index, year = CALENDARS[name]
    curve = equity(index)
    ours, returns = sharpe(curve, risk_free), curve.pct_change().dropna()
    assert ours == pytest.approx(quantstats_sharpe(returns, year, risk_free), rel=1e-9)
    assert ours == pytest.approx(empyrical_sharpe(returns, year, risk_free), rel=1e-9)


@given(
    st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=60).filter(lambda r: np.std(r) > 1e-3),
    st.sampled_from([0.0, 0.01, 0.1]),
)
def test_sharpe_is_empyricals_for_any_returns(returns, risk_free):
    index = pd.bdate_range("2020-01-01", periods=len(returns) + 1)
    curve = pd.Series(np.cumprod([1_000.0, *(1 + np.array(returns))]), index=index)
    expected = empyrical_sharpe(curve.pct_change().dropna(), 252, risk_free)
    assert sharpe(curve, risk_free) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_sharpe_is_undefined_where_nothing_moves_or_nothing_is_left():
    index = pd.bdate_range("2020-01-01", periods=5)
    assert sharpe(pd.Series([1.0] * 5, index=index)) is None
    assert sharpe(pd.Series([1.0, 2.0, 0.0, 0.0, 0.0], index=index)) is None
    assert sharpe(pd.Series([1.0, 2.0], index=index[:2])) is None
    assert sharpe(pd.Series([1.0, -1.0, 2.0, 1.0, 1.0], index=index)) is None


def settled(frame, first=0):
    """Statistics of holding over all bars, as the package computes them."""
    from backtesting._stats import compute_stats

    held = frame["Close"] / frame["Close"].iloc[first] * 1_000
    with np.errstate(all="ignore"):
        return compute_stats(
            trades=[],
            equity=held.to_numpy(),
            ohlc_data=frame,
            risk_free_rate=0.0,
            strategy_instance=None,
        )


def test_both_sharpe_ratios_are_in_the_metrics():
    stats = settled(GOOG)
    metrics = metrics_of(stats)
    assert metrics.sharpe_geometric == stats["Sharpe Ratio"]
    returns = GOOG["Close"].pct_change().dropna()
    assert metrics.sharpe == pytest.approx(empyrical_sharpe(returns, 252), rel=1e-9)
    assert metrics.bars_a_year == 252


def test_money_that_is_earned_without_risk_is_taken_off_the_geometric_sharpe_of_a_run():
    ledger = Ledger(GOOG, BacktestConfig(risk_free_rate=0.05))
    ledger.begin(1, [PlaceOrder(0.9, None, None, None, None, None)])
    ledger.bar(1)
    ledger.rest(2, len(GOOG))
    stats = ledger.settle()
    beyond = stats["Return (Ann.) [%]"] - 5
    assert stats["Sharpe Ratio"] == pytest.approx(beyond / stats["Volatility (Ann.) [%]"])


@pytest.mark.parametrize("first", [0, 29])
def test_buy_and_hold_is_one_figure_in_metrics_benchmark_and_chart(first):
    bars = Bars("GOOG", "1d", GOOG, "")
    held = buy_and_hold(bars, bars, 1_000.0, first)
    close = GOOG["Close"]
    expected = (close.iloc[-1] / close.iloc[first] - 1) * 100
    assert held.return_pct == pytest.approx(expected, rel=1e-9)
    assert held.buy_hold_return_pct == held.return_pct
    chart = equity_of(settled(GOOG, first), close, first=first)
    assert (chart[-1].benchmark / chart[0].benchmark - 1) * 100 == pytest.approx(expected, rel=1e-9)


def test_result_recorded_by_an_older_version_is_read():
    old = '{"start": "a", "end": "b", "duration": "c", "sharpe": 0.4, "trades": 3}'
    metrics = Metrics.model_validate_json(old)
    assert (metrics.sharpe, metrics.sharpe_geometric) == (0.4, None)


def test_formulas_are_part_of_what_a_verdict_belongs_to():
    assert f", metrics {METRICS_VERSION}, " in ENGINE
    assert math.isfinite(sharpe(equity(CALENDARS["weekdays"][0])))
