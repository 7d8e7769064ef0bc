"""Further runs for gates: made when the cheaper gates hold, never passed when they broke."""

from concurrent.futures import Future
from dataclasses import replace
from threading import Event

import pytest

from bot.checks.strategy import Asked, Subject, check_strategy
from components.schema.policies.risk import Gate, OutOfSample, RiskPolicy
from components.schema.results.report import Change, StrategyReport
from components.schema.results.values import (
    CheckName,
    ExecutionResult,
    Outcome,
    Status,
    Verdict,
)
from tests.engine_support import ROOT

COSTS = Gate(id="costs", metric="cost_multiple", op=">=", value=2)
LATE = Gate(id="late", metric="delay_keep", op=">=", value=0.5)
KEEPS = Gate(id="keeps", metric="oos_keep", op=">=", value=-100)
LUCKY = Gate(id="luck", metric="dsr", op=">=", value=0.99999)
NEVER = Gate(id="never", metric="trades", op=">=", value=10_000)


@pytest.fixture
def subject():
    folder = ROOT / "examples" / "strategies" / "sma_cross"
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    short = files["strategy.yaml"].replace(b"[SPX, IXIC]\n", b"[SPX]\nstart: 2012-01-01\n")
    return Subject(
        name="sma_cross",
        path="strategies/sma_cross",
        change=Change.ADDED,
        tree="1" * 40,
        files={**files, "strategy.yaml": short},
    )


class _Watched:
    """The real executor; keeps the labels, and answers itself for jobs that have `broken`."""

    def __init__(self, real, broken="", status=Status.PASSED):
        self._real, self._broken, self._status = real, broken, status
        self.labels: list[str] = []
        self.heard: list[str] = []

    def submit(self, job, hear=None, *_turn):
        self.labels.append(job.label)
        if hear is not None:
            self.heard.append(job.label)
        if not self._broken or self._broken not in job.label:
            return self._real.submit(job, hear)
        lost = Future()
        lost.set_result(ExecutionResult(status=self._status, message="the disk is full"))
        return lost


def checked(subject, world, gates, **broken):
    bench = world.bench
    risk = RiskPolicy(gates=gates, out_of_sample=OutOfSample(windows=3, choices=2))
    executor = _Watched(bench.executor, **broken)
    policies = replace(bench.policies, risk=risk)
    asked = Asked(lambda _key: None, lambda *_: None, Event(), hear=lambda *_: None)
    report = check_strategy(subject, replace(bench, policies=policies, executor=executor), asked)
    return report, executor


def policy_check(report):
    return next(check for check in report.checks if check.name is CheckName.POLICY)


def test_further_runs_are_made_judged_and_kept_also_where_luck_alone_refuses(world, subject):
    """Luck changes with the count of tries: a verdict that is used again must know the rest."""
    report, executor = checked(subject, world, (COSTS, KEEPS, LUCKY))
    extra = [f"sma_cross/SPX/{name}" for name in ("costs-x2", "choice-1", "choice-2")]
    assert executor.labels[2:] == extra
    assert not set(extra) & set(executor.heard)
    (found,) = report.further
    assert found.double_cost_return_pct < report.results[0].metrics.return_pct
    assert found.cost_multiple > 2
    assert (found.choices, found.failed, len(found.windows)) == (3, 0, 3)
    assert {g.id: g.passed for g in report.gates} == {"costs": True, "keeps": True, "luck": False}
    assert StrategyReport.model_validate_json(report.model_dump_json()).further == report.further


def test_strategy_that_fails_a_cheaper_gate_costs_no_further_run_and_is_told(world, subject):
    report, executor = checked(subject, world, (NEVER, COSTS, KEEPS))
    assert len(executor.labels) == 2
    assert report.verdict is Verdict.FAILED
    assert report.further == ()
    (note,) = [f for f in policy_check(report).findings if f.rule == "further-runs-not-made"]
    assert "cost_multiple, oos_keep" in note.message


@pytest.mark.parametrize(
    ("broken", "status"),
    [("costs-x2", Status.INFRASTRUCTURE_ERROR), ("choice-2", Status.TIMEOUT)],
)
def test_further_run_that_the_machine_did_not_get_through_leaves_no_verdict(
    world, subject, broken, status
):
    report, _ = checked(subject, world, (COSTS, KEEPS), broken=broken, status=status)
    assert report.verdict is Verdict.ERROR
    assert policy_check(report).outcome is Outcome.ERROR
    assert "could not be made: the disk is full" in policy_check(report).summary


def test_strategy_that_fails_at_double_costs_does_not_pass_the_gate_on_them(world, subject):
    report, _ = checked(subject, world, (COSTS,), broken="costs-x2", status=Status.FAILED)
    assert report.verdict is Verdict.FAILED
    assert "cost_multiple undefined" in policy_check(report).findings[0].message


def test_run_one_bar_later_is_made_for_its_gate_alone_and_judged(world, subject):
    report, executor = checked(subject, world, (LATE,))
    assert executor.labels[2:] == ["sma_cross/SPX/one-bar-later"]
    (found,) = report.further
    own = report.results[0].metrics.sharpe
    assert found.delayed_sharpe != own
    assert found.delay_keep == pytest.approx(found.delayed_sharpe / own)
    (gate,) = report.gates
    assert gate.value == found.delay_keep
    assert gate.passed == (found.delay_keep >= 0.5)


def test_strategy_that_fails_one_bar_later_does_not_pass_the_gate_on_it(world, subject):
    report, _ = checked(subject, world, (LATE,), broken="one-bar-later", status=Status.FAILED)
    assert report.verdict is Verdict.FAILED
    assert "delay_keep undefined" in policy_check(report).findings[0].message


def test_costs_that_can_not_be_doubled_break_the_gate_and_not_the_check(world, subject):
    dear = subject.files["strategy.yaml"] + b"backtest: {commission: 0.06}\n"
    costly = replace(subject, files={**subject.files, "strategy.yaml": dear})
    report, executor = checked(costly, world, (COSTS,))
    assert len(executor.labels) == 2
    assert report.verdict is Verdict.FAILED
    assert "cost_multiple undefined" in policy_check(report).findings[0].message
