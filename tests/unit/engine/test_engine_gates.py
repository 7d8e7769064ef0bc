"""Gates: what holds, what breaks, what can't be judged."""

import numpy as np
import pandas as pd
import pytest

from components.engine.extra_runs import extra_runs, judge_extra
from components.engine.gates import judge, judge_book, judge_luck, resolve_config
from components.engine.together import curve_of
from components.errors import ConfigError
from components.ports import BacktestJob
from components.schema.definition.backtest import BacktestConfig, CommissionScheme
from components.schema.definition.models import ParameterSpec
from components.schema.policies.file import load_policy
from components.schema.policies.risk import Gate, RiskPolicy, Robustness, WalkForward
from components.schema.results.book import Alike, BookFit
from components.schema.results.evidence import Luck
from components.schema.results.values import ExecutionResult, Limits, Metrics, Status


def result(symbol="SPX", *, held=None, **metrics):
    return ExecutionResult(
        status=Status.PASSED,
        symbol=symbol,
        metrics=_metrics(**metrics),
        benchmark=_metrics(**held) if held else None,
    )


def on(symbol, drift):
    """A run that gains so much at each of a hundred days."""
    equity = pd.Series(
        1e4 * (1 + drift) ** np.arange(100), index=pd.bdate_range("2020", periods=100)
    )
    found = result(symbol, return_pct=(equity.iloc[-1] / 1e4 - 1) * 100)
    return found.model_copy(update={"curve": curve_of(equity, None, 0.0)})


def _metrics(**values):
    return Metrics(**({"start": "2000", "end": "2010", "duration": "3652 days"} | values))


def policy(**gate):
    return RiskPolicy(
        gates=(Gate(id="g", **{"metric": "sharpe", "op": ">=", "value": 0.5, **gate}),)
    )


def test_value_above_limit_passes_and_shows_its_margin():
    (gate,) = judge(policy(), [result(sharpe=0.8)], None)
    assert gate.passed
    assert (gate.value, gate.limit) == (0.8, 0.5)
    assert gate.margin == pytest.approx(0.3)
    assert gate.message == "SPX: sharpe 0.8, needs >= 0.5"


def test_broken_gate_says_why_and_has_a_negative_margin():
    (gate,) = judge(policy(message="too little return"), [result(sharpe=0.2)], None)
    assert not gate.passed
    assert gate.margin == pytest.approx(-0.3)
    assert gate.message == "SPX: too little return: sharpe 0.2, needs >= 0.5"


@pytest.mark.parametrize(
    ("op", "value", "passed"),
    [(">=", 1.0, True), (">", 1.0, False), ("<=", 1.0, True), ("<", 1.0, False), ("<", 1.1, True)],
)
def test_operators_at_the_limit(op, value, passed):
    (gate,) = judge(policy(op=op, value=value), [result(sharpe=1.0)], None)
    assert gate.passed is passed


def test_undefined_metric_breaks_its_gate():
    (gate,) = judge(policy(), [result(sharpe=None)], None)
    assert not gate.passed
    assert "undefined" in gate.message


def test_result_without_metrics_breaks_its_gate():
    (gate,) = judge(policy(), [ExecutionResult(status=Status.TIMEOUT, symbol="SPX")], None)
    assert not gate.passed


def test_drawdown_counts_downwards():
    drawdown = {"metric": "max_drawdown_pct", "value": -25}
    (gate,) = judge(policy(**drawdown), [result(max_drawdown_pct=-31.0)], None)
    assert not gate.passed
    assert gate.margin == pytest.approx(-6)


def test_not_worse_than_the_deployed_version_by_more_than_a_tenth():
    rule = policy(compare="base", value=-0.1)
    (worse,) = judge(rule, [result(sharpe=0.35)], [result(sharpe=0.5)])
    (alike,) = judge(rule, [result(sharpe=0.45)], [result(sharpe=0.5)])
    assert not worse.passed
    assert alike.passed
    assert alike.limit == pytest.approx(0.4)
    assert "deployed version" in alike.message


def test_first_version_has_nothing_to_be_worse_than():
    (gate,) = judge(policy(compare="base", value=0), [result(sharpe=-1.0)], None)
    assert gate.passed
    assert gate.limit is None


def test_deployed_version_that_does_not_run_any_more_is_said_apart_from_none():
    rule, broken = policy(compare="base"), ExecutionResult(status=Status.FAILED, symbol="SPX")
    (none,) = judge(rule, [result(sharpe=0.1)], None)
    (gate,) = judge(rule, [result(sharpe=0.1)], [broken])
    assert (none.passed, gate.passed) == (True, True)
    assert "nothing is deployed" in none.message
    assert "does not run" in gate.message


def test_margin_below_an_upper_limit_is_what_is_left_of_it():
    rule = policy(metric="trades", op="<=", value=100)
    (gate,) = judge(rule, [result(trades=70)], None)
    assert (gate.passed, gate.margin) == (True, 30.0)


def test_message_of_a_gate_is_for_those_that_break_it():
    (gate,) = judge(policy(message="too little return"), [result(sharpe=0.8)], None)
    assert "too little" not in gate.message


def test_too_few_tries_for_overfitting_hold_their_gate_and_no_other():
    luck = Luck(symbol="SPX", interval="1d", dsr=0.4)
    rule = RiskPolicy(
        gates=tuple(
            Gate(id=metric, metric=metric, op=op, value=0.5)
            for metric, op in (("pbo", "<="), ("dsr", ">="), ("sharpe", ">="))
        )
    )
    few, dsr = judge_luck(rule, [luck])
    assert (few.metric, few.passed, few.value) == ("pbo", True, None)
    assert "fewer than ten" in few.message
    assert (dsr.metric, dsr.passed) == ("dsr", False)
    many, _ = judge_luck(rule, [luck.model_copy(update={"pbo": 0.7})])
    assert (many.passed, many.value) == (False, 0.7)


def test_gates_on_the_book_name_who_is_alike_and_nobody_for_what_is_added():
    rule = RiskPolicy(
        gates=(
            Gate(id="a", metric="correlation_with_book", op="<=", value=0.9),
            Gate(id="b", metric="marginal_sharpe", op=">", value=0.0),
            Gate(id="c", metric="sharpe", op=">=", value=0.5),
        )
    )
    book = BookFit(
        alike=(Alike(name="twin", correlation=0.95), Alike(name="other", correlation=0.1)),
        correlation_with_book=0.95,
        marginal_sharpe=0.2,
    )
    clone, added = judge_book(rule, book)
    assert (clone.passed, added.passed) == (False, True)
    assert clone.message.endswith("(with twin)")
    assert "with" not in added.message
    free, unknown = (
        judge_book(rule, BookFit(exempt=True, why="an empty book")),
        judge_book(rule, BookFit(why="too short")),
    )
    assert [gate.passed for gate in free] == [True, True]
    assert [gate.passed for gate in unknown] == [False, False]
    assert all("too short" in gate.message for gate in unknown)


def test_benchmark_gate_compares_with_buy_and_hold():
    rule = policy(metric="return_pct", compare="benchmark", value=0)
    (gate,) = judge(rule, [result(return_pct=80.0, held={"return_pct": 100.0})], None)
    assert not gate.passed
    assert gate.limit == 100


def test_benchmark_that_is_missing_breaks_the_gate():
    (gate,) = judge(policy(compare="benchmark", value=0), [result(sharpe=1.0)], None)
    assert not gate.passed
    assert "nothing to compare" in gate.message


def test_several_symbols_are_judged_each_and_together():
    both = [on("SPX", 0.002), on("IXIC", -0.002)]
    gates = judge(policy(metric="return_pct", value=5), both, None)
    assert [(g.symbol, g.passed) for g in gates] == [("SPX", True), ("IXIC", False), ("", False)]


def test_scope_keeps_a_gate_to_symbols_or_to_all_together():
    both = [result("SPX", sharpe=0.9), result("IXIC", sharpe=0.3)]
    assert [g.symbol for g in judge(policy(scope="symbol"), both, None)] == ["SPX", "IXIC"]
    assert [g.symbol for g in judge(policy(scope="aggregate"), both, None)] == [""]
    assert [g.symbol for g in judge(policy(scope="aggregate"), both[:1], None)] == ["SPX"]


def test_two_gates_of_one_id_are_refused():
    with pytest.raises(ConfigError, match="found twice: g"):
        load_policy(
            b"gates: [{id: g, metric: sharpe, op: '>', value: 1},"
            b" {id: g, metric: sqn, op: '>', value: 1}]",
            RiskPolicy,
        )


def test_unknown_metric_is_refused_with_its_line():
    with pytest.raises(ConfigError, match=r"risk\.yaml:2"):
        load_policy(
            b"gates:\n  - {id: g, metric: sharp, op: '>', value: 1}", RiskPolicy, file="risk.yaml"
        )


def test_strategy_cannot_undercut_the_floors():
    wanted = BacktestConfig(commission=0.0, slippage=0.0, margin=0.01, initial_capital=5_000)
    config = resolve_config(RiskPolicy(), wanted)
    assert config.commission == CommissionScheme(fixed=0, pct=0.0005)
    assert (config.slippage, config.margin, config.initial_capital) == (0.0002, 0.5, 5_000)


def test_dearer_costs_than_the_floors_stay():
    wanted = BacktestConfig(commission=CommissionScheme(fixed=2, pct=0.002), slippage=0.01)
    config = resolve_config(RiskPolicy(), wanted)
    assert config.commission == CommissionScheme(fixed=2, pct=0.002)
    assert config.slippage == 0.01


def test_definition_without_settings_gets_the_policy_s():
    assert resolve_config(RiskPolicy(), None).initial_capital == 100_000
    own = RiskPolicy(backtest=BacktestConfig(initial_capital=7, hedging=True))
    assert resolve_config(own, None).hedging


def job(**parameters):
    return BacktestJob(
        strategy="s",
        files={},
        rules="",
        parameters=parameters,
        config=BacktestConfig(),
        symbol="SPX",
        interval="1d",
        start=None,
        end=None,
        limits=Limits(),
    )


ROBUST = RiskPolicy(robustness=Robustness(enabled=True))


def _index(bars=100):
    import pandas as pd

    return pd.date_range("2000-01-01", periods=bars)


def test_neighbours_move_one_number_at_a_time_by_its_step_within_its_range():
    declared = {
        "fast": ParameterSpec(default=10, min=9, max=100, step=5),
        "share": 0.5,
        "on": True,
        "kind": "x",
    }
    runs = extra_runs(ROBUST, job(fast=10, share=0.5, on=True, kind="x"), declared, _index())
    assert [run.label for run in runs] == ["fast=15", "share=0.4", "share=0.6"]
    assert runs[0].job.parameters == {"fast": 15, "share": 0.5, "on": True, "kind": "x"}
    assert isinstance(runs[0].job.parameters["fast"], int)


def test_policy_without_switches_asks_for_no_further_runs():
    assert extra_runs(RiskPolicy(), job(fast=10), {"fast": 10}, _index()) == ()


def test_result_that_stands_on_one_value_is_not_robust():
    runs = extra_runs(ROBUST, job(fast=10), {"fast": 10}, _index())
    outcomes = [result(sharpe=0.9), result(sharpe=0.1)]
    (gate,) = judge_extra(ROBUST, result(sharpe=1.0), list(zip(runs, outcomes, strict=True)))
    assert not gate.passed
    assert "0.1 with fast=12 (2 neighbours)" in gate.message


def test_neighbour_that_crashes_is_the_worst():
    runs = extra_runs(ROBUST, job(fast=10), {"fast": 10}, _index())
    outcomes = [result(sharpe=0.9), ExecutionResult(status=Status.FAILED)]
    (gate,) = judge_extra(ROBUST, result(sharpe=1.0), list(zip(runs, outcomes, strict=True)))
    assert not gate.passed
    assert "undefined with fast=12" in gate.message


def test_walk_forward_splits_the_bars_and_shows_the_degradation():
    walk = RiskPolicy(walk_forward=WalkForward(enabled=True, out_of_sample=0.25))
    first, second = extra_runs(walk, job(), {}, _index())
    assert first.job.end == "2000-03-15T00:00:00"
    assert second.job.start == "2000-03-16T00:00:00"
    pairs = [(first, result(sharpe=1.0)), (second, result(sharpe=0.3))]
    (gate,) = judge_extra(walk, result(sharpe=0.8), pairs)
    assert not gate.passed
    assert "(-70 %)" in gate.message
