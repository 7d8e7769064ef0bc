"""A proposal beside a deployed version that does not run any more: said, never hidden."""

from concurrent.futures import Future
from dataclasses import replace
from threading import Event

import pytest

from bot.checks.strategy import Asked, Subject, check_strategy
from components.schema.results.report import Change
from components.schema.results.values import (
    CheckName,
    ExecutionResult,
    Outcome,
    Severity,
    Status,
    Verdict,
)
from tests.engine_support import ROOT

BROKEN = b"raise RuntimeError('it needed a package that is gone')\n"


@pytest.fixture
def subject():
    folder = ROOT / "examples" / "strategies" / "sma_cross"
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return Subject(
        name="sma_cross",
        path="strategies/sma_cross",
        change=Change.MODIFIED,
        tree="1" * 40,
        files=files,
        base_tree="2" * 40,
        base_files=files,
    )


def checked(subject, bench):
    return check_strategy(subject, bench, Asked(lambda _key: None, lambda *_: None, Event()))


def policy_check(report):
    return next(check for check in report.checks if check.name is CheckName.POLICY)


def test_deployed_version_that_fails_is_named_and_compared_with_nothing(world, subject):
    broken = {**subject.base_files, "strategy.py": BROKEN}
    report = checked(replace(subject, base_files=broken), world.bench)
    assert report.verdict is Verdict.PASSED
    assert report.base_metrics is None
    (finding,) = [
        f for f in policy_check(report).findings if f.rule == "deployed-version-does-not-run"
    ]
    assert finding.severity is Severity.WARNING
    assert "a package that is gone" in finding.message
    compared = [gate for gate in report.gates if gate.compare == "base"]
    assert compared
    assert all("does not run any more" in gate.message for gate in compared)


def test_deployed_definition_that_is_not_valid_any_more_is_named(world, subject):
    report = checked(
        replace(subject, base_files={**subject.base_files, "strategy.yaml": b"name: [\n"}),
        world.bench,
    )
    assert report.verdict is Verdict.PASSED
    assert "its definition is not valid any more" in policy_check(report).findings[-1].message


def test_deployed_version_that_runs_is_compared_with(world, subject):
    report = checked(subject, world.bench)
    assert report.base_metrics == report.aggregate
    assert all(g.limit is not None for g in report.gates if g.compare == "base")


class _BreaksUnder:
    """The real executor; its machine breaks under the jobs of one content."""

    def __init__(self, real, files, status=Status.INFRASTRUCTURE_ERROR, message="the disk is full"):
        self._real, self._files = real, files
        self._ends = ExecutionResult(status=status, message=message)

    def submit(self, job, hear=None, *_turn):
        if job.files != self._files:
            return self._real.submit(job, hear)
        lost = Future()
        lost.set_result(self._ends)
        return lost


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (Status.INFRASTRUCTURE_ERROR, "the disk is full"),
        (Status.TIMEOUT, "it used more than 60 s of CPU time"),
    ],
)
def test_deployed_version_that_the_machine_did_not_get_through_leaves_no_verdict(
    world, subject, status, message
):
    deployed = {**subject.files, "strategy.py": subject.files["strategy.py"] + b"# before\n"}
    breaks = _BreaksUnder(world.bench.executor, deployed, status, message)
    bench = replace(world.bench, executor=breaks)
    report = checked(replace(subject, base_files=deployed), bench)
    assert policy_check(report).outcome is Outcome.ERROR
    assert f"could not be made: {message}" in policy_check(report).summary
    assert report.verdict is Verdict.ERROR
