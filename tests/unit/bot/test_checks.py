"""Verdicts from checks: what breaks is never passed, what did not run is never passed."""

import pytest

from bot.checks.run import overall
from bot.checks.strategy import is_of_content
from bot.checks.verdict import verdict_of
from components.schema.results.report import Change, CheckResult, StrategyReport
from components.schema.results.values import CheckName, Finding, Outcome, Severity, Verdict


def checks(*outcomes):
    return [
        CheckResult(name=name, outcome=outcome, summary="")
        for name, outcome in zip(CheckName, outcomes, strict=False)
    ]


P, F, E, S = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED


@pytest.mark.parametrize(
    ("outcomes", "verdict", "stage"),
    [
        ([P] * 6, Verdict.PASSED, None),
        ([F, P], Verdict.FAILED, CheckName.SCHEMA),
        ([P, F], Verdict.FAILED, CheckName.CODE),
        ([P, P, E], Verdict.ERROR, CheckName.SANDBOX_TEST),
        ([F, E], Verdict.FAILED, CheckName.SCHEMA),
        ([P, P, P], Verdict.ERROR, CheckName.SANDBOX_TEST),
        ([P, P, P, S, F], Verdict.FAILED, CheckName.BACKTEST),
        ([P, P, P, S, P, P], Verdict.ERROR, CheckName.LOOKAHEAD),
        ([], Verdict.ERROR, None),
    ],
)
def test_verdict_of_one_strategy(outcomes, verdict, stage):
    assert verdict_of(checks(*outcomes)) == (verdict, stage)


def report(verdict):
    return StrategyReport(
        name="a", path="a", change=Change.ADDED, tree="", content_key="", verdict=verdict
    )


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], Verdict.NEUTRAL),
        ([Verdict.PASSED, Verdict.PASSED], Verdict.PASSED),
        ([Verdict.PASSED, Verdict.ERROR], Verdict.ERROR),
        ([Verdict.FAILED, Verdict.ERROR], Verdict.FAILED),
    ],
)
def test_verdict_of_a_run_is_the_worst(verdicts, expected):
    assert overall([report(v) for v in verdicts], ()) is expected


def test_finding_of_the_proposal_itself_fails_the_run_and_a_warning_does_not():
    finding = Finding(check=CheckName.SCHEMA, rule="x", message="x")
    assert overall([report(Verdict.PASSED)], (finding,)) is Verdict.FAILED
    warning = finding.model_copy(update={"severity": Severity.WARNING})
    assert overall([report(Verdict.PASSED)], (warning,)) is Verdict.PASSED


@pytest.mark.parametrize(
    ("verdict", "rule", "kept"),
    [
        (Verdict.PASSED, "", True),
        (Verdict.FAILED, "out-of-memory", True),
        (Verdict.FAILED, "timeout", False),
        (Verdict.ERROR, "", False),
    ],
)
def test_verdict_that_a_limit_of_time_decided_is_not_used_again(verdict, rule, kept):
    finding = Finding(check=CheckName.BACKTEST, rule=rule, message="it took longer than 600 s")
    check = CheckResult(
        name=CheckName.BACKTEST, outcome=F, summary="", findings=(finding,) if rule else ()
    )
    assert is_of_content(report(verdict).model_copy(update={"checks": (check,)})) is kept
