"""One run: all strategies of one proposal at one commit, from git objects to a Report."""

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Literal

from bot.checks.base_policies import bench_at, broken_policies
from bot.checks.lands import landing_list, too_many
from bot.checks.policy_change import policy_change
from bot.checks.strategy import (
    Asked,
    Bench,
    First,
    Subject,
    Superseded,
    check_static,
    check_strategy,
)
from bot.core.decisions import Plan, ProposalPolicy, Snapshot, StrategyChange, plan_run
from bot.report import status as say
from bot.report.landing import sentence as goes_with_it
from bot.report.values import is_live
from components.errors import ConfigError, TransientError
from components.git_patch import Repository
from components.ports import Proposal
from components.schema.results.report import CheckResult, ProposalRef, Report, StrategyReport
from components.schema.results.values import CheckName, Finding, Outcome, Severity, Verdict

_OF_THE_WHOLE = {Outcome.FAILED: Verdict.FAILED, Outcome.ERROR: Verdict.ERROR}


@dataclass(frozen=True)
class Where:
    """The repository that is checked: its name in the configuration, and its folder of strategies.

    Attributes:
        name: as people know it.
        repository: the mirror (or any repository that has the objects).
        root: folder of the strategies inside it.
        policies: folder of the policies that its base branch carries, "" for none.
        policy_changes: who lands a proposal that changes them: admin | refuse (nobody).
    """

    name: str
    repository: Repository
    root: str = "strategies"
    policies: str = ""
    policy_changes: Literal["admin", "refuse"] = "admin"


def take_snapshot(where: Where, proposal: Proposal, base: str) -> Snapshot:
    """A proposal as git has it now, merged with `base` as objects. Nothing is checked out."""
    merged = where.repository.merge(base, proposal.head)
    changes: tuple[StrategyChange, ...] = ()
    findings: tuple[Finding, ...] = ()
    lands = None
    if merged.tree:
        base_tree = where.repository.tree_of(base)
        changes = tuple(
            StrategyChange(c.name, c.old_tree, c.new_tree)
            for c in where.repository.changed_strategies(base_tree, merged.tree, where.root)
        )
        lands = landing_list(where, base_tree, merged.tree, changes)
        findings = (
            *where.repository.judge_root(base_tree, merged.tree, where.root),
            *too_many(where, base_tree, merged.tree, lands),
        )
    return Snapshot(
        proposal,
        base,
        proposal.head,
        merged.tree,
        merged.conflicts,
        changes,
        findings,
        merged.reason,
        lands,
    )


def read_subject(where: Where, change: StrategyChange, base_commit: str = "") -> Subject:
    """The content of one changed strategy, and of the version that is deployed now."""
    folder = where.repository.read_folder(change.new_tree or "")
    base = where.repository.read_folder(change.old_tree) if change.old_tree else None
    path = f"{where.root}/{change.name}"
    return Subject(
        name=change.name,
        path=path,
        change=change.change,
        tree=change.new_tree or "",
        files=folder.files,
        findings=tuple(
            f.model_copy(update={"file": f"{path}/{f.file}" if f.file else path})
            for f in folder.findings
        ),
        base_tree=change.old_tree or "",
        base_commit=base_commit,
        base_files=base.files if base else {},
    )


def run_checks(
    where: Where,
    snapshot: Snapshot,
    bench: Bench,
    policy: ProposalPolicy,
    asked: Asked,
) -> tuple[Plan, Report]:
    """Check everything that a proposal changes.

    Returns:
        The plan that was followed and the report of what came of it.

    Raises:
        Superseded: `cancelled` was set meanwhile.
    """
    started = dt.datetime.now(dt.UTC)
    plan = plan_run(snapshot, policy, asked=asked.asked)
    try:
        current = bench_at(where, bench, snapshot.base)
    except ConfigError as error:
        reports = [not_checked(where, change, str(error)) for change in plan.checks]
    else:
        broken = broken_policies(where, bench, snapshot.merge_tree)
        plan = replace(plan, findings=(*plan.findings, *broken))
        reports = _check_all(where, current, plan.checks, asked, snapshot.base)
    changed = None
    if snapshot.lands is not None and not plan.wait:  # without a list nothing is proposed
        changed = policy_change(where, bench, snapshot.base, snapshot.merge_tree)
    checks = (changed,) if changed is not None else ()
    report = make_report(where.name, snapshot, plan, reports, started, checks)
    return plan, report.model_copy(update={"run_id": asked.run_id})


@dataclass(frozen=True)
class FirstStage:
    """What a proposal's static checks came to: who fails, who waits for the sandbox.

    Attributes:
        work: how much the sandbox has to do, in bars; 0 where all is decided without it.
    """

    failed: tuple[StrategyReport, ...] = ()
    waiting: tuple[str, ...] = ()
    work: int = 0


def first_stage(
    where: Where, snapshot: Snapshot, bench: Bench, policy: ProposalPolicy, asked: Asked
) -> FirstStage:
    """The static checks of all strategies that a proposal changes.

    Where something breaks there is nothing to wait for: `run_checks` then says what.

    Raises:
        Superseded: `cancelled` was set meanwhile.
    """
    plan = plan_run(snapshot, policy, asked=asked.asked)
    try:
        current = bench_at(where, bench, snapshot.base)
    except ConfigError:
        return FirstStage()
    found = {c.name: _first(where, c, current, asked, snapshot.base) for c in plan.checks}
    return FirstStage(
        failed=tuple(first.failed for first in found.values() if first.failed is not None),
        waiting=tuple(name for name, first in found.items() if first.work),
        work=sum(first.work for first in found.values()),
    )


def _first(where: Where, change: StrategyChange, bench: Bench, asked: Asked, base: str) -> First:
    try:
        return check_static(read_subject(where, change, base), bench, asked)
    except (Superseded, TransientError):
        raise
    except Exception:  # noqa: BLE001  # the boundary is `check_strategy`, which meets it again
        return First()


def not_checked(where: Where, change: StrategyChange, why: str) -> StrategyReport:
    """Without policies there is no verdict: the operator's business, never the author's failure."""
    broken = CheckResult(name=CheckName.POLICY, outcome=Outcome.ERROR, summary=why)
    return StrategyReport(
        name=change.name,
        path=f"{where.root}/{change.name}",
        change=change.change,
        tree=change.new_tree or "",
        content_key="",
        verdict=Verdict.ERROR,
        stage=CheckName.POLICY,
        checks=(broken,),
    )


def _check_all(
    where: Where, bench: Bench, changes: Sequence[StrategyChange], asked: Asked, base: str
) -> list[StrategyReport]:
    """Several strategies side by side; their order in the report is that of their names."""

    def check(change: StrategyChange) -> StrategyReport:
        return check_strategy(read_subject(where, change, base), bench, asked)

    if min(len(changes), asked.side_by_side) < 2:  # noqa: PLR2004  # one needs no pool
        return [check(change) for change in changes]
    with ThreadPoolExecutor(max_workers=asked.side_by_side, thread_name_prefix="check") as pool:
        return list(pool.map(check, changes))


def make_report(
    repository: str,
    snapshot: Snapshot,
    plan: Plan,
    reports: Sequence[StrategyReport],
    started: dt.datetime,
    checks: Sequence[CheckResult] = (),
) -> Report:
    """The Report of a run, without its number.

    Args:
        repository: its name in the configuration.
        snapshot: the proposal that was checked.
        plan: what was to be checked.
        reports: one for each strategy.
        started: when the run began, timezone-aware.
        checks: those of the whole proposal.
    """
    finished = dt.datetime.now(dt.UTC)
    verdict = overall(reports, plan.findings, checks)
    proposal = snapshot.proposal
    return Report(
        algoops=version("algoops"),
        run_id="",
        repository=repository,
        proposal=ProposalRef(
            id=proposal.id,
            ref=proposal.ref,
            title=proposal.title,
            author=proposal.author,
            url=proposal.url,
        ),
        head_commit=snapshot.head,
        base_commit=snapshot.base,
        merge_tree=snapshot.merge_tree,
        verdict=verdict,
        summary=_summary(verdict, reports, plan, checks, snapshot),
        strategies=tuple(reports),
        findings=plan.findings,
        lands=snapshot.lands,
        checks=tuple(checks),
        started_at=_iso(started),
        finished_at=_iso(finished),
        duration_s=round((finished - started).total_seconds(), 3),
        limits_not_enforced=tuple(
            sorted({limit for s in reports for r in s.results for limit in r.unlimited})
        ),
    )


def overall(
    reports: Sequence[StrategyReport],
    findings: Sequence[Finding],
    checks: Sequence[CheckResult] = (),
) -> Verdict:
    """The worst verdict; neutral when no strategy was checked, which never reads as passed."""
    if any(f.severity is Severity.ERROR for f in findings):
        return Verdict.FAILED
    verdicts = {r.verdict for r in reports} | {
        _OF_THE_WHOLE[c.outcome] for c in checks if c.outcome in _OF_THE_WHOLE
    }
    for verdict in (Verdict.FAILED, Verdict.ERROR, Verdict.PASSED):
        if verdict in verdicts:
            return verdict
    return Verdict.NEUTRAL


def _summary(
    verdict: Verdict,
    reports: Sequence[StrategyReport],
    plan: Plan,
    checks: Sequence[CheckResult],
    snapshot: Snapshot,
) -> str:
    live = is_live(snapshot.proposal.id)
    if plan.findings:
        return plan.findings[0].message
    if plan.wait:
        return f"not checked: {plan.wait}"
    red = [c for c in checks if c.outcome in _OF_THE_WHOLE]
    if red:
        own = overall(reports, ())
        strategies = f" {say.summary(own, reports)}" if own is not Verdict.NEUTRAL else ""
        return f"{red[0].name}: {red[0].summary}.{strategies}"
    if verdict is Verdict.NEUTRAL:
        if plan.archived:
            return f"no strategy to check; removed: {', '.join(plan.archived)}"
        return "no strategy differs from the base"
    rows = snapshot.lands.strategies if snapshot.lands is not None else ()
    return say.summary(verdict, reports, live=live) + goes_with_it(rows)


def _iso(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
