"""The check job: take a proposal as it is now, run all checks, record, publish. Exactly once.

Level-triggered: whatever woke it, it looks at the proposal's real state; a run that is there
already for the same content is not made again.
"""

from dataclasses import dataclass, replace
from importlib.metadata import version
from threading import Event as Flag

import structlog

from bot.checks.base_policies import policies_differ
from bot.checks.luck import without_luck
from bot.checks.run import run_checks, take_snapshot
from bot.checks.strategy import AT_ONCE, Asked, Superseded, cause, is_of_content
from bot.core.decisions import Plan, Snapshot, plan_run
from bot.core.failpoints import failpoint
from bot.core.notices import CheckEnded, RunChanged, StrategyChanged
from bot.landing.context import Watched, World
from bot.landing.lifecycle_moves import Moves, not_ready
from bot.landing.reverts import is_rollback
from bot.landing.unfinished import finish_open
from bot.proposals.broken_run import broken_report, is_last_try
from bot.proposals.cancel import (
    CHECKED_ANEW,
    CLOSED,
    SUPERSEDED,
    end_run,
    is_cancelled,
    show_cancelled,
)
from bot.proposals.closing import came_back, close_proposal
from bot.proposals.deploy_warnings import with_deploy_warnings
from bot.proposals.kept_text import kept_text
from bot.proposals.luck import counter_of, luck_turned
from bot.proposals.publish import publish, published_key
from bot.proposals.sandbox_turn import tell_waited, wait_for_sandbox
from bot.report import markdown
from components.errors import AlgoOpsError
from components.ports import Proposal, StatusState, Turn
from components.schema.results.report import CheckResult, Report, StrategyReport
from components.schema.results.values import CheckName, Finding, Severity, Verdict
from components.state import Store
from components.state.tables.records import Job, Run
from components.state.tables.turns import SANDBOX, STATIC

log = structlog.get_logger(__name__)

PENDING = "checks are running"
URGENT = ("deploy", "group")
"""Kinds of runs that an operator's command or a merge queue waits for."""

MOST_TRIES = 3
"""Runs of one commit on one base that may end as an error before nobody begins it unasked."""

STATIC_CHECKS = (CheckName.SCHEMA, CheckName.CODE)


@dataclass(frozen=True)
class CheckRequest:
    """What a check job was asked, from its payload.

    Attributes:
        force: run again where a verdict is known.
        asked: a person with write permission asked.
        one_by_one: leave room for others: nobody waits for this one.
        limited: its author was told that it waits for the rate of checks.
    """

    proposal: str
    force: bool = False
    asked: bool = False
    one_by_one: bool = False
    limited: bool = False


def check_proposal(world: World, job: Job) -> None:
    """Check one proposal and tell people.

    Raises:
        Superseded: the daemon is stopping; the job stays in the queue.
        TransientError: the forge or the machine failed; the job is tried again.
    """
    watched = world.repository(job.repository)
    request = CheckRequest(**job.payload)
    watched.forge.fetch()
    proposal = watched.forge.proposal(request.proposal)
    if proposal is None:
        close_proposal(world, watched, request.proposal)
        return
    if is_rollback(world, watched, proposal.head):
        with watched.lane:  # what it waited for may be there by now
            finish_open(world, watched)
        return
    not_ready(world.store, watched.name, proposal)
    flag = world.running.begin(watched.name, proposal.id, proposal.head)
    try:
        _check(world, watched, proposal, request, job, flag)
    except Superseded:
        raise
    except Exception as error:
        if not is_last_try(job, error) or not _ended_broken(world, watched, proposal, job, error):
            raise
    finally:
        world.running.end(watched.name, proposal.id, flag)


def _ended_broken(
    world: World, watched: Watched, proposal: Proposal, job: Job, error: Exception
) -> bool:
    """End the run of a job that broke; False where none is open, and what was judged is there."""
    runs = world.store.runs.unfinished(watched.name, proposal.id)
    run = next((run for run in runs if run.head == proposal.head), None)
    run = run or _begun_to_end(world, watched, proposal, job)
    if run is None:
        return False
    log.error(
        "a run broke", run=run.id, proposal=proposal.id, why=cause(error)
    )  # the stack is the runner's
    plan, snapshot, report = broken_report(watched, proposal, run, error)
    record_run(world, run, report, Moves(world.store, watched.name, snapshot, Flag()), plan)
    publish(world, watched, proposal, report)
    return True


def _begun_to_end(world: World, watched: Watched, proposal: Proposal, job: Job) -> Run | None:
    """A run for a proposal that can't be read (any more): else its last verdict would stand."""
    base = watched.forge.base()
    try:
        take_snapshot(watched.where, proposal, base)
    except AlgoOpsError:
        attempt = f"job-{job.id}"
        return world.store.runs.start(
            watched.name, proposal.id, proposal.head, base, "check", attempt=attempt
        )
    return None


def _check(
    world: World,
    watched: Watched,
    proposal: Proposal,
    request: CheckRequest,
    job: Job,
    flag: Flag,
) -> None:
    base = watched.forge.base()
    if not request.force and is_cancelled(world, watched, proposal):
        if world.store.runs.unfinished(watched.name, proposal.id):
            show_cancelled(world, watched, proposal)
        return
    anew = request.force or came_back(world, watched, proposal)
    attempt = f"job-{job.id}" if anew else ""
    _end_older(world, watched, proposal, base, attempt)
    if not anew and _settled_already(world, watched, proposal, base):
        return
    report = None if anew else _recorded(world, watched, proposal, base)
    if report is None:
        run = world.store.runs.start(
            watched.name,
            proposal.id,
            proposal.head,
            base,
            "check",
            attempt=attempt,
            keep=STATIC_CHECKS if job.queue == SANDBOX else (),
        )
        failpoint("check.started")
        report = (
            Report.model_validate_json(run.report)
            if run.status == "finished"
            else _run(world, watched, proposal, run, job, flag)
        )
    if report is None:
        return
    failpoint("check.recorded")
    publish(world, watched, proposal, report)
    tell_waited(world, job, "verdict")
    failpoint("check.published")


def _end_older(world: World, watched: Watched, proposal: Proposal, base: str, attempt: str) -> None:
    """Unfinished runs of another head, base or job: what they would say is not asked any more.

    Of one proposal one check job works at a time: what another one began was left by a crash.
    """
    for run in world.store.runs.unfinished(watched.name, proposal.id):
        if run.head != proposal.head:
            end_run(world, watched, run, SUPERSEDED)
        elif run.base != base or (run.kind == "check" and run.attempt != attempt):
            # the next run sets the status of the same commit
            world.store.runs.supersede(run.id, CHECKED_ANEW)


def _recorded(world: World, watched: Watched, proposal: Proposal, base: str) -> Report | None:
    """A finished run of this very head and base whose report did not get out before a crash."""
    last = world.store.runs.latest(watched.name, proposal.id)
    if last is None or not last.report or (last.head, last.base) != (proposal.head, base):
        return None
    if world.store.meta.get(published_key(watched, proposal.id)) == str(last.id):
        return None
    return Report.model_validate_json(last.report)


def _settled_already(world: World, watched: Watched, proposal: Proposal, base: str) -> bool:
    """Whether the last report speaks of this head, and of this base or one that changes nothing."""
    last = told_last(world, watched, proposal)
    if last is None:
        return False
    if last.verdict is Verdict.ERROR:
        return last.base == base and not may_try_again(world, watched, proposal.id, proposal.head)
    return _holds(world, watched, proposal, base, last)


def _holds(world: World, watched: Watched, proposal: Proposal, base: str, last: Run) -> bool:
    """Whether a verdict of this head is that of today; luck and the book may have turned it."""
    whole = world.store.runs.get(last.id)
    report = Report.model_validate_json(whole.report) if whole and whole.report else None
    if report is None:  # nobody can look at it any more
        return False
    judged = last.verdict is not Verdict.NEUTRAL and last.base == base
    if luck_turned(world, watched, proposal, base, report):
        return False
    if judged and report.algoops == version("algoops"):  # the same two commits land the same
        return True
    snapshot = take_snapshot(watched.where, proposal, base)
    if report.lands != snapshot.lands or policies_differ(watched.where, last.base, base):
        return False
    plan = plan_run(snapshot, watched.proposals, asked=False)
    before = {(s.name, s.tree) for s in report.strategies}
    now = {(c.name, c.new_tree) for c in plan.checks}
    return judged or (before == now and plan.findings == blocking(report))


def told_last(world: World, watched: Watched, proposal: Proposal) -> Run | None:
    """The newest run of a proposal, if it is of this head and its report is out."""
    newest = world.store.runs.list(repository=watched.name, proposal=proposal.id, limit=1)
    published = world.store.meta.get(published_key(watched, proposal.id))
    return next((r for r in newest if r.head == proposal.head and str(r.id) == published), None)


def may_try_again(world: World, watched: Watched, proposal: str, head: str) -> bool:
    """Whether the runs of a commit have not broken often enough yet."""
    latest = world.store.runs.list(repository=watched.name, proposal=proposal, limit=MOST_TRIES)
    broke = [run for run in latest if run.head == head and run.verdict is Verdict.ERROR]
    return len(broke) < MOST_TRIES


def blocking(report: Report) -> tuple[Finding, ...]:
    """The findings of the proposal itself that fail it."""
    return tuple(f for f in report.findings if f.severity is Severity.ERROR)


def _run(
    world: World,
    watched: Watched,
    proposal: Proposal,
    run: Run,
    job: Job,
    flag: Flag,
) -> Report | None:
    """Run the checks and record the report; None when a newer head took over, or it waits."""
    request = CheckRequest(**job.payload)
    if job.queue != SANDBOX:
        watched.forge.set_status(
            proposal.head,
            markdown.SUMMARY_CONTEXT,
            StatusState.PENDING,
            PENDING,
            world.run_url(run.id),
        )
    world.progress.tell(RunChanged(run.id))
    snapshot = take_snapshot(watched.where, proposal, run.base)
    moves = Moves(world.store, watched.name, snapshot, flag)
    if job.queue != SANDBOX:
        moves.queued()
    asked = asked_of(world, run, request, moves)
    try:
        if job.queue == STATIC and wait_for_sandbox(world, watched, snapshot, run, job, asked):
            return None
        plan, report = checked(world, watched, snapshot, run, request, moves)
    except Superseded:
        _superseded(world, watched, proposal, run)
        return None
    failpoint("check.checked")
    report = with_deploy_warnings(world, watched, report)
    return report if record_run(world, run, report, moves, plan) else None


def record_run(world: World, run: Run, report: Report, moves: Moves, plan: Plan) -> bool:
    """Close a run with its report, verdicts and lifecycle moves, all or nothing.

    Returns:
        False when the run was over already (superseded meanwhile): nothing was written.
    """
    text = kept_text(world, run, report)
    with world.store.transaction():
        finished = world.store.runs.finish(run.id, report.verdict, text)
        if finished:
            remember(world.store, report)
            moves.judged(report, plan)
    what = f"checks of {run.proposal}"
    if report.verdict is Verdict.ERROR:
        world.troubles.note(what, report.summary)
    else:
        world.troubles.over(what)
    world.progress.tell(RunChanged(run.id, report.verdict))
    for strategy in report.strategies:
        world.progress.tell(StrategyChanged(strategy.name))
    return finished


def checked(
    world: World,
    watched: Watched,
    snapshot: Snapshot,
    run: Run,
    request: CheckRequest,
    moves: Moves,
) -> tuple[Plan, Report]:
    """All checks of a snapshot, their progress recorded as they end."""
    turn = Turn(watched.name, snapshot.proposal.actor, watched.weight, urgent=run.kind in URGENT)
    bench = replace(world.bench, turn=turn)
    asked = asked_of(world, run, request, moves)
    try:
        return run_checks(watched.where, snapshot, bench, watched.proposals, asked)
    finally:
        world.job_output.forget(run.id)


def asked_of(world: World, run: Run, request: CheckRequest, moves: Moves) -> Asked:
    """How a run was asked for; whatever ends in it is recorded and told."""

    def tell(strategy: str, result: CheckResult) -> None:
        world.store.runs.check(run.id, strategy, result)
        moves.passed(strategy, result)
        world.progress.tell(
            CheckEnded(run.id, strategy, result.name, result.outcome, result.duration_s)
        )

    return Asked(
        known=lambda key: known_verdict(world.store, key),
        tell=tell,
        cancelled=moves.cancelled,
        run_id=str(run.id),
        force=request.force,
        asked=request.asked,
        side_by_side=1 if request.one_by_one else AT_ONCE,
        hear=world.job_output.listener(run.id, world.progress),
        counter=counter_of(world.store, moves.repository, moves.snapshot.proposal),
    )


def known_verdict(store: Store, key: str) -> StrategyReport | None:
    """The stored report of a content, None where there is none."""
    stored = store.verdicts.get(key)
    return StrategyReport.model_validate_json(stored) if stored is not None else None


def remember(store: Store, report: Report) -> None:
    """Keep by its content key what the content alone decided."""
    for judged in report.strategies:
        if judged.reused or not is_of_content(judged):
            continue
        strategy = without_luck(judged)
        store.verdicts.put(
            strategy.content_key,
            strategy.name,
            strategy.version,
            strategy.verdict,
            strategy.model_dump_json(),
        )


def _superseded(world: World, watched: Watched, proposal: Proposal, run: Run) -> None:
    if world.stopping.is_set():
        raise Superseded
    now = watched.forge.proposal(proposal.id)
    if now is None or now.head != proposal.head:
        end_run(world, watched, run, CLOSED if now is None else SUPERSEDED)
    else:
        show_cancelled(world, watched, proposal)
    world.progress.tell(RunChanged(run.id, "superseded"))
