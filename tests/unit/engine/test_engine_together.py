"""Runs on several symbols as one account: its figures are those of its own curve, not means."""

import numpy as np
import pandas as pd
import pytest

from components.engine import annual
from components.engine.gates import judge
from components.engine.together import curve_of, together
from components.schema.policies.risk import Gate, RiskPolicy
from components.schema.results.values import ExecutionResult, Metrics, Status, Trade

CASH = 10_000.0


def run(symbol, returns, start="2020-01-01", *, zone=None, trades=(), held=None, free=0.0):
    """One symbol's result: what it had at the end of each day."""
    index = pd.date_range(start, periods=len(returns) + 1, freq="D", tz=zone)
    equity = pd.Series(CASH * np.concatenate(([1.0], np.cumprod(1 + returns))), index=index)
    bought = None if held is None else equity * 0 + held
    return ExecutionResult(
        status=Status.PASSED,
        symbol=symbol,
        metrics=Metrics(start=str(index[0]), end="", duration="", commissions=4.0),
        trades=trades,
        curve=curve_of(equity, bought, free),
    ), equity


def noise(seed, days=500):
    return np.random.default_rng(seed).normal(0.001, 0.01, days)


def trade(entry, leave, pnl):
    return Trade(
        entry_bar=entry, exit_bar=leave, entry_time="", exit_time="", size=10, entry_price=100,
        exit_price=100 + pnl / 10, pnl=pnl, return_pct=pnl / 10, commission=0,
    )  # fmt: skip


def test_two_symbols_that_cancel_each_other_have_the_accounts_sharpe_not_the_mean():
    """Each has the Sharpe ratio of its noise; together the noise is gone and the drift is left."""
    swing = noise(1) - 0.001
    (one, first), (two, second) = run("A", 0.001 + swing), run("B", 0.001 - swing)
    metrics, _ = together([one, two])
    both = (first + second) / 2
    assert metrics.sharpe == pytest.approx(annual.sharpe(both), rel=1e-12)
    assert metrics.sharpe > 3 * max(annual.sharpe(first), annual.sharpe(second))
    assert metrics.return_pct == pytest.approx((both.iloc[-1] / CASH - 1) * 100)
    fall = (both / both.cummax() - 1).min() * 100
    assert metrics.max_drawdown_pct == pytest.approx(fall)


def test_late_symbol_is_cash_before_its_first_bar_and_its_last_value_after_its_last():
    (one, first), (two, second) = run("A", noise(1, 100)), run("B", noise(2, 50), "2020-03-01")
    metrics, _ = together([one, two])
    late = second.reindex(first.index.union(second.index)).ffill().fillna(CASH)
    both = (first.reindex(late.index).ffill() + late) / 2
    assert (metrics.start, metrics.end) == (str(both.index[0]), str(both.index[-1]))
    assert metrics.equity_final == pytest.approx(both.iloc[-1])
    assert metrics.sharpe == pytest.approx(annual.sharpe(both))


def test_trades_of_all_symbols_are_the_accounts_at_its_own_bars():
    one, _ = run("A", noise(1, 100), trades=(trade(0, 9, 50.0), trade(10, 19, -20.0)))
    two, _ = run("B", noise(2, 100), "2020-02-10", trades=(trade(0, 9, 30.0),))
    metrics, _ = together([one, two])
    assert (metrics.trades, metrics.commissions) == (3, 4.0)
    assert metrics.win_rate_pct == pytest.approx(200 / 3)
    assert metrics.best_trade_pct == pytest.approx(5.0)
    assert metrics.exposure_pct == pytest.approx(30 / 141 * 100)  # days of both, 40 apart


def test_symbols_of_different_zones_are_one_account_in_utc():
    one, _ = run("A", noise(1), zone="America/New_York")
    two, _ = run("B", noise(2), zone="Asia/Tokyo")
    metrics, _ = together([one, two])
    assert metrics.start == "2019-12-31 15:00:00+00:00"
    assert metrics.sharpe is not None


def test_interest_is_taken_off_the_accounts_returns():
    found = [run(s, noise(n), free=0.03) for n, s in enumerate("AB")]
    both = (found[0][1] + found[1][1]) / 2
    assert together([r for r, _ in found])[0].sharpe == pytest.approx(annual.sharpe(both, 0.03))


def test_what_is_held_is_held_in_equal_parts():
    up, down = np.linspace(1e4, 2e4, 101), np.linspace(1e4, 5e3, 101)
    found = [
        run(s, noise(n, 100), held=h)[0] for n, (s, h) in enumerate({"A": up, "B": down}.items())
    ]
    metrics, held = together(found)
    assert metrics.buy_hold_return_pct == pytest.approx(25.0)
    assert (held.return_pct, held.trades, held.exposure_pct) == (pytest.approx(25.0), 0, 100.0)
    without = together([found[0], run("C", noise(3, 100))[0]])
    assert (without[0].buy_hold_return_pct, without[1]) == (None, None)


def test_symbol_that_did_not_run_leaves_all_undefined_and_breaks_the_gate():
    ran, _ = run("A", noise(1))
    broken = ExecutionResult(status=Status.TIMEOUT, symbol="B")
    assert together([ran, broken])[0].sharpe is None
    gate = Gate(id="g", metric="sharpe", op=">=", value=-9, scope="aggregate")
    (judged,) = judge(RiskPolicy(gates=(gate,)), [ran, broken], None)
    assert (judged.symbol, judged.passed) == ("", False)


def test_gate_against_the_deployed_version_compares_the_two_accounts():
    now = [run("A", noise(1))[0], run("B", noise(2))[0]]
    before = [run("A", noise(3))[0], run("B", noise(4))[0]]
    gate = Gate(id="g", metric="sharpe", op=">=", value=0, compare="base", scope="aggregate")
    (judged,) = judge(RiskPolicy(gates=(gate,)), now, before)
    assert judged.value == together(now)[0].sharpe
    assert judged.limit == together(before)[0].sharpe
    assert not judge(RiskPolicy(gates=(gate,)), now, before[:1])[0].limit


def test_curve_is_in_no_document():
    ran, _ = run("A", noise(1))
    assert "curve" not in ran.model_dump()
    assert "curve" not in ExecutionResult.model_json_schema()["properties"]
