"""All checks of one strategy, in stages: none starts when an earlier one failed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag

import structlog

from bot.checks.jobs import Superseded, backtest_of
from bot.checks.luck import Counter, Uncounted, judged_again, with_holdout
from bot.checks.stages import (
    Judged,
    OnCheck,
    Progress,
    holdout_of,
    run_stages,
    run_static,
)
from bot.checks.subject import Bench, Prepared, Subject, prepare
from bot.checks.verdict import verdict_of
from bot.core.job_output import OnOutput
from components.engine import gates
from components.errors import AlgoOpsError, TransientError
from components.schema.results.report import CheckResult, StrategyReport
from components.schema.results.values import (
    STRATEGY_CHECKS,
    CheckName,
    Metrics,
    Outcome,
    Status,
    Verdict,
)

__all__ = [
    "Asked",
    "Bench",
    "Known",
    "OnCheck",
    "Subject",
    "Superseded",
    "check_strategy",
    "prepare",
]

log = structlog.get_logger(__name__)

Known = Callable[[str], StrategyReport | None]

SMOKE_BARS = 1_000
"""What a sandbox test costs, as so many bars of a backtest."""

AT_ONCE = 4
"""Strategies of one proposal that are checked side by side; the executor bounds the rest."""


@dataclass(frozen=True)
class Asked:
    """How a run was asked for, and who wants to know.

    Attributes:
        known: stored report by content key.
        tell: called with each check as it ends.
        cancelled: set by others to stop the run.
        force: run again where a verdict is known.
        asked: a person with write permission asked for it.
        side_by_side: strategies that are checked at once.
        hear: called with what the jobs say while they run.
        counter: who counts tries.
    """

    known: Known
    tell: OnCheck
    cancelled: Flag
    run_id: str = ""
    force: bool = False
    asked: bool = False
    side_by_side: int = AT_ONCE
    hear: OnOutput | None = None
    counter: Counter = field(default_factory=Uncounted)


def check_strategy(subject: Subject, bench: Bench, asked: Asked) -> StrategyReport:
    """Check one strategy, or answer with the verdict already known for the same content.

    Args:
        subject: the content.
        bench: policies, data and executor.
        asked: how the run was asked for.

    Returns:
        The report; `verdict` is error where a check broke, whatever broke it.

    Raises:
        Superseded: `cancelled` was set.
        TransientError: the outside failed for now.
    """
    progress = Progress(subject, asked.tell, asked.cancelled, asked.hear, asked.counter)
    try:
        prepared = prepare(subject, bench)
        stored = _known(subject, prepared, bench, asked)
        if stored is not None:
            return _again(subject, bench, prepared, stored, progress)
        judged = run_stages(subject, bench, prepared, progress)
        _refuse_other_data(subject, bench, prepared)
    except (Superseded, TransientError):
        raise
    except Exception as error:  # noqa: BLE001  # the boundary: what breaks under one strategy
        return _broke(subject, progress, error)
    return _report(subject, prepared, progress.done, judged)


def _refuse_other_data(subject: Subject, bench: Bench, prepared: Prepared) -> None:
    """What was judged belongs to the bars of its key: workers read them after the key was made."""
    if prepare(subject, bench).key != prepared.key:
        raise TransientError(
            f"the market data of {subject.name} changed while it was checked",
            hint="it is checked again",
        )


@dataclass(frozen=True)
class First:
    """What the first stage of one strategy came to.

    Attributes:
        failed: its report, where it fails without the sandbox.
        work: how much the sandbox has to do, in bars; 0 where all is decided.
    """

    failed: StrategyReport | None = None
    work: int = 0


def check_static(subject: Subject, bench: Bench, asked: Asked) -> First:
    """The checks of one strategy that need no sandbox.

    Raises:
        Superseded: `cancelled` was set.
        Exception: a check broke; it breaks in `check_strategy` too, which makes a report of it.
    """
    progress = Progress(subject, asked.tell, asked.cancelled, asked.hear)
    prepared = prepare(subject, bench)
    if _known(subject, prepared, bench, asked) is not None:
        return First()
    if not run_static(subject, bench, prepared, progress):
        return First(failed=_report(subject, prepared, progress.done, Judged()))
    bars = sum(task.bars for task in prepared.tasks)
    return First(work=SMOKE_BARS + bars * (2 if subject.base_files else 1))


def _known(
    subject: Subject, prepared: Prepared, bench: Bench, asked: Asked
) -> StrategyReport | None:
    """The known verdict of a content, where its tries are counted for this repository too."""
    stored = None if asked.force else asked.known(prepared.key)
    if stored is None or not stored.luck:
        return stored
    rules = prepared.definition.rules
    jobs = {
        t.symbol: backtest_of(subject.name, subject.files, rules, t, bench) for t in prepared.tasks
    }
    ran = [r for r in stored.results if r.status is Status.PASSED and r.symbol in jobs]
    known = all(asked.counter.knows(jobs[r.symbol], r) for r in ran)
    kept = asked.counter.kept(subject.name, subject.tree, stored.results)
    return stored if known and kept else None


def _again(
    subject: Subject,
    bench: Bench,
    prepared: Prepared,
    stored: StrategyReport,
    progress: Progress,
) -> StrategyReport:
    """A known verdict for the same content, held against the tries that are counted by now.

    The sealed bars are asked where all gates hold only now.
    """
    policy = bench.policies.risk
    now = judged_again(stored, policy, progress.counter)
    if now.holdout is not None and now.holdout.state == "to be asked":
        rules = prepared.definition.rules
        jobs = [backtest_of(subject.name, subject.files, rules, t, bench) for t in prepared.tasks]
        answer = holdout_of(subject, bench, jobs, now.gates, progress)
        now = with_holdout(now, answer or now.holdout, policy)
    return now.model_copy(update={"reused": True, "change": subject.change, "path": subject.path})


def cause(error: Exception) -> str:
    """Why something broke, for people: what the operator can mend, or a bug of ours."""
    if isinstance(error, AlgoOpsError):
        return str(error)
    return f"this is a bug of AlgoOps: {type(error).__name__}: {error}"


def _broke(subject: Subject, progress: Progress, error: Exception) -> StrategyReport:
    """The report of a strategy under which a check broke: error, never the author's failure."""
    if not isinstance(error, AlgoOpsError):
        log.error("a check broke", strategy=subject.name, exc_info=error)
    left = [name for name in STRATEGY_CHECKS if name not in {check.name for check in progress.done}]
    broken = CheckResult(
        name=left[0] if progress.done and left else CheckName.BACKTEST,
        outcome=Outcome.ERROR,
        summary=cause(error),
    )
    progress.tell(subject.name, broken)
    return StrategyReport(
        name=subject.name,
        path=subject.path,
        change=subject.change,
        tree=subject.tree,
        content_key="",
        verdict=Verdict.ERROR,
        stage=broken.name,
        checks=(*progress.done, broken),
    )


def is_of_content(report: StrategyReport) -> bool:
    """Whether the verdict is a function of the content alone, so that it may be used again.

    What broke is not, nor a limit of time that was reached: CPU seconds differ between machines
    and hours, and what came close to a limit today may stay below it tomorrow.
    """
    rules = {finding.rule for check in report.checks for finding in check.findings}
    return report.verdict in {Verdict.PASSED, Verdict.FAILED} and "timeout" not in rules


def _report(
    subject: Subject, prepared: Prepared, done: Sequence[CheckResult], judged: Judged
) -> StrategyReport:
    verdict, stage = verdict_of(done)
    metrics, held = gates.account_of(judged.results) if judged.results else (None, None)
    return StrategyReport(
        name=subject.name,
        path=subject.path,
        version=prepared.version,
        change=subject.change,
        tree=subject.tree,
        content_key=prepared.key,
        verdict=verdict,
        stage=stage,
        checks=tuple(done),
        results=judged.results,
        aggregate=metrics,
        aggregate_benchmark=held,
        base_metrics=_compared(judged),
        gates=judged.gates,
        luck=judged.luck,
        book=judged.book,
        further=judged.further,
        holdout=judged.holdout,
    )


def _compared(judged: Judged) -> Metrics | None:
    """The deployed version's account; none where it ran on fewer symbols: it would mislead."""
    whole = judged.base and len(judged.base) == len(judged.results)
    return gates.account_of(judged.base)[0] if whole else None
