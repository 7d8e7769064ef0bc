"""The stages of checks: static, sandbox test, backtests, policy, each after the last passed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag

from bot.checks.backtests import Task
from bot.checks.code import judge_folder
from bot.checks.further import FurtherRuns, further_gates, further_runs
from bot.checks.holdout import ask, question_of
from bot.checks.jobs import DeployedResults, JobRunner, Superseded, backtest_of, run_deployed
from bot.checks.looks import OTHER_GATES, holdout_findings
from bot.checks.luck import Counter, Uncounted, blocks, luck_of, policy_check
from bot.checks.subject import CODE, Bench, Prepared, Subject
from bot.core.job_output import OnOutput
from components.engine import gates
from components.engine.band_findings import gates_within_the_band
from components.engine.fills import fill_findings
from components.ports import BacktestJob
from components.schema.definition.check import DefinitionCheck
from components.schema.results.book import BookFit
from components.schema.results.evidence import Luck
from components.schema.results.further import Further
from components.schema.results.holdout import HoldoutAnswer
from components.schema.results.report import CheckResult, GateResult
from components.schema.results.values import (
    CheckName,
    ExecutionResult,
    Finding,
    Outcome,
    Severity,
    Status,
)

OnCheck = Callable[[str, CheckResult], None]

_HINTS = {
    Status.TIMEOUT: (
        "have it do less, or ask the operator for more (cpu_s for work, wall_s for waiting, in "
        "policies/sandbox.yaml)"
    )
}


@dataclass
class Progress:
    """The checks so far of one subject, told onwards as each ends.

    Attributes:
        hear: told what jobs say.
        counter: told of each backtest before anybody is told of its result.
    """

    subject: Subject
    tell: OnCheck
    cancelled: Flag
    hear: OnOutput | None = None
    counter: Counter = field(default_factory=Uncounted)
    done: list[CheckResult] = field(default_factory=list)

    def end(
        self, name: CheckName, started: float, findings: Sequence[Finding], summary: str = ""
    ) -> bool:
        """Record a check that ran to its end; whether it passed."""
        failed = any(f.severity is Severity.ERROR for f in findings)
        outcome = Outcome.FAILED if failed else Outcome.PASSED
        return self._add(name, outcome, started, findings, summary or _count(findings))

    def unfinished(
        self, name: CheckName, started: float, findings: Sequence[Finding], summary: str
    ) -> bool:
        """Record a check that did not come to its end: failed by what it found, else skipped."""
        failed = any(f.severity is Severity.ERROR for f in findings)
        outcome = Outcome.FAILED if failed else Outcome.SKIPPED
        return self._add(name, outcome, started, findings, summary)

    def error(self, name: CheckName, started: float, message: str) -> bool:
        """Record a check that broke: never passed."""
        return self._add(name, Outcome.ERROR, started, (), message)

    def _add(
        self,
        name: CheckName,
        outcome: Outcome,
        started: float,
        findings: Sequence[Finding],
        summary: str,
    ) -> bool:
        return self.add(
            CheckResult(
                name=name,
                outcome=outcome,
                summary=summary,
                duration_s=round(time.monotonic() - started, 4),
                findings=tuple(findings),
            )
        )

    def add(self, result: CheckResult) -> bool:
        """Record a check; whether it passed."""
        self.done.append(result)
        self.tell(self.subject.name, result)
        if self.cancelled.is_set():
            raise Superseded
        return result.outcome is Outcome.PASSED


@dataclass(frozen=True)
class Judged:
    """What the later stages computed, beside the check results."""

    results: tuple[ExecutionResult, ...] = ()
    base: tuple[ExecutionResult, ...] = ()
    gates: tuple[GateResult, ...] = ()
    luck: tuple[Luck, ...] = ()
    book: BookFit | None = None
    further: tuple[Further, ...] = ()
    holdout: HoldoutAnswer | None = None


def run_stages(subject: Subject, bench: Bench, prepared: Prepared, progress: Progress) -> Judged:
    """Run the checks as far as they come; each is told to `progress` as it ends.

    Raises:
        Superseded: the run was cancelled.
    """
    definition, resolved = prepared.definition, prepared.tasks
    if not run_static(subject, bench, prepared, progress):
        return Judged()
    runner = JobRunner(bench, progress.cancelled, progress.hear)
    if not _smoke(subject, definition, resolved, runner, progress):
        return Judged()
    results, survived = _backtests(subject, bench, prepared, runner, progress)
    luck = luck_of(results, bench.policies.risk, (subject.name, subject.tree), progress.counter)
    if not survived:
        return Judged(results, luck=luck)
    started = time.monotonic()
    base = run_deployed(subject, bench, resolved, runner)
    jobs = [backtest_of(subject.name, subject.files, definition.rules, t, bench) for t in resolved]
    cheap, more, broken = _judged(
        bench, definition, list(zip(jobs, results, strict=True)), base, runner
    )
    if broken:
        progress.error(CheckName.POLICY, started, broken)
        return Judged(results, base.results, luck=luck)
    policy = bench.policies.risk
    judged = (*cheap, *gates.judge_further(policy, more.figures), *gates.judge_luck(policy, luck))
    book = progress.counter.book(subject.name, subject.tree)
    judged = (*judged, *gates.judge_book(policy, book))
    took_s = round(time.monotonic() - started, 4)  # a look at sealed bars takes time of its own
    answer = holdout_of(subject, bench, jobs, judged, progress)
    found = Judged(results, base.results, judged, luck, book, more.figures, answer)
    told = holdout_findings(answer, policy)
    if answer is not None and answer.state == "not answered":
        progress.error(CheckName.POLICY, started, told[0].message)
    else:
        _policy(bench, (results, base), judged, [*more.findings, *told], progress, took_s)
    return found


def holdout_of(
    subject: Subject,
    bench: Bench,
    jobs: Sequence[BacktestJob],
    judged: Sequence[GateResult],
    progress: Progress,
) -> HoldoutAnswer | None:
    """What the sealed bars say, asked where all other gates hold; None where none are sealed.

    Raises:
        Superseded: the run was cancelled.
    """
    if bench.policies.risk.holdout is None:
        return None
    question = question_of(subject.name, subject.tree, jobs)
    if blocks(judged):
        return HoldoutAnswer(content=question.content, why=OTHER_GATES)
    unheard = JobRunner(bench, progress.cancelled, hear=None)
    return ask(bench, question, jobs, progress.counter, unheard.run)


def _judged(
    bench: Bench,
    definition: DefinitionCheck,
    ran: Sequence[tuple[BacktestJob, ExecutionResult]],
    base: DeployedResults,
    runner: JobRunner,
) -> tuple[tuple[GateResult, ...], FurtherRuns, str]:
    """The gates but those on luck and further runs, those runs, and what broke."""
    if base.broken:
        return (), FurtherRuns(), base.broken
    parameters = definition.definition.parameters if definition.definition else {}
    near, broken = further_gates(bench, parameters, ran, runner.run)
    if broken:
        return (), FurtherRuns(), broken
    compared = base.results if base.there else None
    cheap = (*gates.judge(bench.policies.risk, [r for _, r in ran], compared), *near)
    unheard = JobRunner(bench, runner.cancelled, hear=None)
    more = further_runs(bench, parameters, ran, unheard.run, cheap)
    return cheap, more, more.broken


def run_static(subject: Subject, bench: Bench, prepared: Prepared, progress: Progress) -> bool:
    """Run the checks that need no sandbox; whether the sandbox has its turn then."""
    started, definition = time.monotonic(), prepared.definition
    schema_ok = progress.end(CheckName.SCHEMA, started, (*subject.findings, *definition.findings))
    started = time.monotonic()
    judged = judge_folder(subject, definition, bench.policies.code)
    if not (progress.end(CheckName.CODE, started, judged.findings) and schema_ok):
        return False
    if prepared.task_findings:
        return progress.end(CheckName.BACKTEST, time.monotonic(), prepared.task_findings)
    return True


def _smoke(
    subject: Subject,
    definition: DefinitionCheck,
    tasks: Sequence[Task],
    jobs: JobRunner,
    progress: Progress,
) -> bool:
    started = time.monotonic()
    limits = jobs.bench.policies.sandbox.smoke_limits
    label = f"{subject.name}/smoke"
    (result,) = jobs.run(
        [tasks[0].smoke(subject.name, subject.files, definition.rules, limits, label)]
    )
    findings = (*_execution_findings(subject, CheckName.SANDBOX_TEST, result), *_tests(result))
    if result.status is Status.INFRASTRUCTURE_ERROR:
        return progress.error(CheckName.SANDBOX_TEST, started, result.message)
    return progress.end(CheckName.SANDBOX_TEST, started, findings, _smoke_summary(result))


def _tests(result: ExecutionResult) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            check=CheckName.SANDBOX_TEST,
            rule="author-test",
            message=f"the author's test {test.name} {test.outcome}: {test.message}",
        )
        for test in result.tests
        if test.outcome in {Outcome.FAILED, Outcome.ERROR}
    )


def _smoke_summary(result: ExecutionResult) -> str:
    if result.status is not Status.PASSED:
        return result.message
    if not result.tests:
        return "imported, built and ran the first bars"
    passed = sum(t.outcome is Outcome.PASSED for t in result.tests)
    return f"ran the first bars; {passed} of {len(result.tests)} author's tests passed"


def _backtests(
    subject: Subject,
    bench: Bench,
    prepared: Prepared,
    runner: JobRunner,
    progress: Progress,
) -> tuple[tuple[ExecutionResult, ...], bool]:
    started = time.monotonic()
    rules = prepared.definition.rules
    jobs = [backtest_of(subject.name, subject.files, rules, t, bench) for t in prepared.tasks]
    results = tuple(_with_provenance(r, subject, bench) for r in runner.run(jobs))
    progress.counter.record(subject.name, prepared.key, list(zip(jobs, results, strict=True)))
    progress.counter.keep(subject.name, subject.tree, results)
    causal = _lookahead(subject, results, progress, started)
    broken = [r.message for r in results if r.status is Status.INFRASTRUCTURE_ERROR]
    if broken:
        return results, progress.error(CheckName.BACKTEST, started, "; ".join(broken))
    findings = [f for r in results for f in _execution_findings(subject, CheckName.BACKTEST, r)]
    findings += [
        f for r in results for f in (*fill_findings(r), *r.order_findings, *r.data_findings)
    ]
    ran = progress.end(CheckName.BACKTEST, started, findings, _backtest_summary(results))
    return results, causal and ran


def _with_provenance(result: ExecutionResult, subject: Subject, bench: Bench) -> ExecutionResult:
    """What the executor cannot know: which content was run, on which base, under which policy."""
    known = {
        "strategy_tree": subject.tree,
        "base_commit": subject.base_commit,
        "policy_hash": bench.policies.hash,
    }
    return result.model_copy(update={"provenance": result.provenance.model_copy(update=known)})


def _located(findings: Sequence[Finding], subject: Subject) -> tuple[Finding, ...]:
    """The engine names files inside the folder, or none at all; people know the whole path."""
    default = CODE if CODE in subject.files else ""
    return tuple(
        f.model_copy(update={"file": f"{subject.path}/{f.file or default}".rstrip("/")})
        for f in findings
    )


def _lookahead(
    subject: Subject, results: Sequence[ExecutionResult], progress: Progress, started: float
) -> bool:
    """What the look for future bars found; where a backtest did not end in order there was none."""
    peeks = _located([f for r in results for f in r.lookahead], subject)
    undone = [r for r in results if not (r.lookahead or r.looked_at)]
    if undone:
        reasons = "; ".join(f"{r.symbol}: {r.message or r.status}" for r in undone)
        return progress.unfinished(CheckName.LOOKAHEAD, started, peeks, f"not finished: {reasons}")
    summary = "" if peeks else "; ".join(f"{r.symbol}: {r.looked_at}" for r in results)
    return progress.end(CheckName.LOOKAHEAD, started, peeks, summary)


def _policy(
    bench: Bench,
    ran: tuple[Sequence[ExecutionResult], DeployedResults],
    judged: Sequence[GateResult],
    notes: Sequence[Finding],
    progress: Progress,
    took_s: float,
) -> None:
    results, base = ran
    compared = base.results if base.there else None
    more = [*notes, *([_not_compared(base.failed)] if base.failed else [])]
    more += gates_within_the_band(bench.policies.risk, results, compared)
    progress.add(policy_check(judged, more, took_s))


def _not_compared(reasons: Sequence[str]) -> Finding:
    return Finding(
        check=CheckName.POLICY,
        rule="deployed-version-does-not-run",
        severity=Severity.WARNING,
        message=f"the deployed version does not run any more: {'; '.join(reasons)}",
        hint="compare this version with it by other means before it is deployed",
    )


def _execution_findings(
    subject: Subject, check: CheckName, result: ExecutionResult
) -> tuple[Finding, ...]:
    if result.status in {Status.PASSED, Status.INFRASTRUCTURE_ERROR}:
        return ()
    return (
        Finding(
            check=check,
            rule=str(result.status).replace("_", "-"),
            file=f"{subject.path}/{CODE}" if CODE in subject.files else subject.path,
            message=result.message or str(result.status),
            hint=result.traceback or _HINTS.get(result.status, ""),
            found=result.symbol,
        ),
    )


def _backtest_summary(results: Sequence[ExecutionResult]) -> str:
    bad = [r for r in results if r.status is not Status.PASSED]
    if bad:
        return bad[0].message or str(bad[0].status)
    trades = sum(r.metrics.trades for r in results if r.metrics)
    symbols = ", ".join(r.symbol for r in results)
    return f"{trades} trades on {symbols}"


def _count(findings: Sequence[Finding]) -> str:
    errors = sum(f.severity is Severity.ERROR for f in findings)
    others = len(findings) - errors
    if not findings:
        return "nothing found"
    return f"{errors} error{'' if errors == 1 else 's'}, {others} to note"
