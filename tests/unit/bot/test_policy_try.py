"""What another policy would have said of runs that are over."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.checks.luck import Counted, one_luck, with_luck, without_luck
from bot.checks.policy_try import tried
from bot.cli import app, load
from components.engine import gates
from components.schema.policies.file import load_policy
from components.schema.policies.risk import Gate, RiskPolicy
from components.schema.results.evidence import Evidence, Moments
from components.schema.results.report import (
    Change,
    CheckResult,
    ProposalRef,
    Report,
    StrategyReport,
)
from components.schema.results.values import (
    STRATEGY_CHECKS,
    CheckName,
    ExecutionResult,
    Metrics,
    Outcome,
    Status,
    Verdict,
)
from components.state import DATABASE, Store

PROJECT = Path(__file__).parents[3]
SHARPE = Gate(id="sharpe", metric="sharpe", op=">=", value=0.1)
SURE = Gate(id="sure", metric="dsr", op=">=", value=0.95)
WARNS = Gate(id="warns", metric="dsr", op=">=", value=0.5, severity="warn")
PBO = Gate(id="pbo", metric="pbo", op="<=", value=0.5)
BASE = Gate(id="base", metric="sharpe", op=">=", value=0, compare="base")


def result(sharpe=0.42):
    moments = Moments(observations=5000, sharpe=sharpe / 252**0.5, skewness=0, kurtosis=3)
    return ExecutionResult(
        status=Status.PASSED,
        symbol="SPX",
        interval="1d",
        metrics=Metrics(start="", end="", duration="", sharpe=sharpe, bars_a_year=252),
        evidence=Evidence(moments=moments),
    )


def report(policy, independent=1, **more):
    ran = (result(),)
    luck = (one_luck(ran[0], Counted(independent, independent, None, "2026-01-01"), "data"),)
    judged = (*gates.judge(policy, ran, None), *gates.judge_luck(policy, luck))
    checks = tuple(CheckResult(name=n, outcome=Outcome.PASSED, summary="") for n in STRATEGY_CHECKS)
    made = StrategyReport(
        name="sma", path="strategies/sma", change=Change.ADDED, tree="t", content_key="k",
        verdict=Verdict.PASSED, checks=checks, results=ran, gates=judged, luck=luck, **more,
    )  # fmt: skip
    return with_luck(made, luck, policy)


def test_what_the_cache_keeps_does_not_depend_on_the_count():
    policy = RiskPolicy(gates=(SHARPE, SURE, WARNS))
    alone, crowd = report(policy), report(policy, 5_000)
    assert (alone.verdict, crowd.verdict) == (Verdict.PASSED, Verdict.FAILED)
    assert crowd.stage is CheckName.POLICY
    kept = [without_luck(r).model_copy(update={"luck": ()}) for r in (alone, crowd)]
    assert kept[0] == kept[1]
    assert kept[0].verdict is Verdict.PASSED
    assert with_luck(without_luck(crowd), alone.luck, policy) == alone
    assert with_luck(without_luck(alone), crowd.luck, policy) == crowd
    assert "1 of 3 gates hold" in crowd.checks[-1].summary


def test_a_strategy_that_never_reached_its_gates_gets_none_by_luck():
    policy = RiskPolicy(gates=(SURE,))
    early = report(policy).model_copy(update={"gates": (), "checks": (), "verdict": Verdict.FAILED})
    assert with_luck(early, early.luck, policy).verdict is Verdict.FAILED
    assert with_luck(early, early.luck, policy).gates == ()


def test_a_gate_on_overfitting_holds_with_too_few_tries_and_says_why():
    (judged,) = gates.judge_luck(RiskPolicy(gates=(PBO,)), report(RiskPolicy(gates=(PBO,))).luck)
    assert judged.passed
    assert "fewer than ten" in judged.message


@pytest.mark.parametrize("wrong", [{"compare": "base"}, {"scope": "aggregate"}])
def test_a_gate_on_luck_that_compares_or_averages_is_refused(wrong):
    with pytest.raises(ValueError, match="dsr"):
        Gate(id="x", metric="dsr", op=">=", value=0.5, **wrong)


def test_a_stricter_policy_tells_which_runs_it_would_have_failed_and_why():
    before = RiskPolicy(gates=(SHARPE,))
    told = tried(RiskPolicy(gates=(SHARPE, SURE, WARNS)), report(before, 5_000))
    assert (told.before, told.after) == (True, False)
    assert [g.id for g in told.broken] == ["sure"]
    assert [g.id for g in told.warned] == ["warns"]
    looser = tried(RiskPolicy(), report(RiskPolicy(gates=(SURE,)), 5_000))
    assert (looser.before, looser.after) == (False, True)


def test_a_comparison_whose_figures_are_gone_is_not_judged_and_said():
    compared = report(RiskPolicy(gates=(SHARPE,)), base_metrics=result(0.5).metrics)
    judged = gates.judge(RiskPolicy(gates=(BASE,)), compared.results, [result(0.5)])
    one = compared.model_copy(update={"gates": judged})
    assert [g.id for g in tried(RiskPolicy(gates=(BASE,)), one).broken] == ["base"]
    two = one.model_copy(update={"base_metrics": None})
    told = tried(RiskPolicy(gates=(BASE,)), two)
    assert told.untold == ("base",)
    assert told.after


def test_the_command_reads_the_last_runs_and_changes_nothing(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(f"state: {{dir: {tmp_path / 'state'}}}\n")
    wanted = tmp_path / "risk.yaml"
    wanted.write_text("gates:\n  - {id: sure, metric: dsr, op: '>=', value: 0.95}\n")
    with Store(tmp_path / "state" / DATABASE) as store:
        run = store.runs.start("local", "branch/x", "h" * 40, "b" * 40, "check")
        whole = Report(
            algoops="0", proposal=ProposalRef(id="branch/x", ref="x"), head_commit="h",
            base_commit="b", verdict=Verdict.PASSED, summary="", started_at="", finished_at="",
            duration_s=0, strategies=(report(RiskPolicy(gates=(SHARPE,)), 5_000),),
        )  # fmt: skip
        store.runs.finish(run.id, Verdict.PASSED, whole.model_dump_json())
        rows = store.audit.head()
    load(["policy"])
    words = ["policy", "try", str(wanted), "--config", str(config)]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.output
    assert "0 would pass (1 did)" in told.output
    document = json.loads(CliRunner().invoke(app, [*words, "--format", "json"]).output)
    assert document["results"][0]["after"] == "failed"
    assert document["would_block_by"] == {"sure": 1}
    with Store(tmp_path / "state" / DATABASE) as store:
        assert store.audit.head() == rows


def test_the_strict_policy_is_the_shipped_one_but_for_luck_and_further_runs():
    shipped, strict = (
        load_policy(PROJECT / "policies" / name, RiskPolicy)
        for name in ("risk.yaml", "strict/risk.yaml")
    )
    apart = {"dsr", "cost_multiple", "delay_keep", "oos_keep"}
    rest = [
        p.model_copy(update={"gates": tuple(g for g in p.gates if g.metric not in apart)})
        for p in (shipped, strict)
    ]
    assert rest[0] == rest[1]
    luck = [
        [(g.value, g.severity) for g in p.gates if g.metric == "dsr"] for p in (shipped, strict)
    ]
    assert luck == [[(0.5, "block"), (0.95, "warn")], [(0.95, "block")]]
