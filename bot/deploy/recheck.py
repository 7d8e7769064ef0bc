"""Checks of what is live: scheduled ones on today's data and policy, and those after a drift."""

from dataclasses import replace
from typing import Literal, assert_never

import structlog

from bot.checks.base_policies import bench_now
from bot.checks.strategy import is_of_content
from bot.core.decisions import Plan, Snapshot, StrategyChange
from bot.core.orders import RollbackOrder
from bot.deploy.rollbacks import rollback
from bot.landing.context import Watched, World
from bot.landing.lifecycle_moves import Moves
from bot.landing.outcomes import WAITING, CommandOutcome, keep, read
from bot.proposals.check import CheckRequest, checked, record_run
from bot.report.markdown import SUMMARY_CONTEXT, status_text
from bot.report.values import base_id
from components.errors import UserError
from components.ports import Proposal
from components.schema.results.report import CheckResult, Report, StrategyReport
from components.schema.results.values import Verdict
from components.state.tables.records import Job, Run

log = structlog.get_logger(__name__)

ACTOR = "algoops"
SCHEDULED = "recheck"
DRIFT = "base"
Action = Literal["notify", "propose_rollback", "rollback"]


class NoMoves(Moves):
    """A check of what is live moves nothing in the lifecycle by itself."""

    def queued(self) -> None:
        """Nothing was pushed."""

    def passed(self, strategy: str, result: CheckResult) -> None:
        """Nothing is tested for a landing."""

    def judged(self, report: Report, _plan: Plan) -> None:
        """Nothing becomes ready or failed: what follows is the policy's.

        What was live before it was ever checked gets its figures, for the pages and for later.
        """
        for strategy in report.strategies:
            live = self.store.versions.deployed(self.repository, strategy.name)
            judged = strategy.verdict in {Verdict.PASSED, Verdict.FAILED}
            if live and judged and live.tree == strategy.tree and not live.content_key:
                self.store.versions.put(
                    self.repository,
                    strategy.name,
                    live.version,
                    tree=live.tree,
                    content_key=strategy.content_key,
                    verdict=strategy.verdict,
                )


def recheck(world: World, job: Job) -> None:
    """Check what is deployed; unchanged content, data and policy cost next to nothing.

    Raises:
        Superseded: the daemon is stopping.
        TransientError: the forge failed; tried again.
    """
    watched = world.repository(job.repository)
    names = job.payload.get("names")
    kind = DRIFT if names is not None else SCHEDULED
    run, report = _judged(world, watched, job, set(names) if names is not None else None, kind)
    if run is not None and report is not None:
        _follow(world, watched, run, report)


def judge_base(
    world: World, watched: Watched, job: Job, names: set[str], kind: str
) -> tuple[StrategyReport, ...]:
    """Check strategies as they are on the base now, and do nothing else; none: it was stopped.

    Raises:
        Superseded: the daemon is stopping.
        TransientError: the forge failed.
    """
    report = _judged(world, watched, job, names, kind)[1]
    return report.strategies if report is not None else ()


def _judged(
    world: World, watched: Watched, job: Job, names: set[str] | None, kind: str
) -> tuple[Run | None, Report | None]:
    watched.forge.fetch()
    commit = watched.forge.base()
    changes = _live(watched, commit, names)
    if not changes:
        return None, None
    snapshot = _snapshot(watched, commit, changes)
    run = world.store.runs.start(
        watched.name, snapshot.proposal.id, commit, commit, kind, attempt=f"job-{job.id}"
    )
    return run, kept(run) if run.finished else judge_live(world, watched, snapshot, run)


def kept(run: Run) -> Report | None:
    """What was judged before the forge failed, or the power; None where nothing was."""
    return Report.model_validate_json(run.report) if run.report else None


def judge_live(world: World, watched: Watched, snapshot: Snapshot, run: Run) -> Report | None:
    """The recorded report; None when the run was over meanwhile."""
    flag = world.running.begin(watched.name, run.kind, run.head)
    moves = NoMoves(world.store, watched.name, snapshot, flag)
    request = CheckRequest(snapshot.proposal.id, one_by_one=True)
    try:
        plan, report = checked(world, watched, snapshot, run, request, moves)
    finally:
        world.running.end(watched.name, run.kind, flag)
    return report if record_run(world, run, report, moves, plan) else None


def _follow(world: World, watched: Watched, run: Run, report: Report) -> None:
    """Show the verdict, and do what the policy says of what failed; safe to do again."""
    state, words = status_text(report)
    watched.forge.set_status(run.head, SUMMARY_CONTEXT, state, words, world.run_url(run.id))
    bench = bench_now(watched.where, world.bench, watched.base_branch)
    action = bench.policies.risk.recheck.action
    for strategy in report.strategies:
        key = f"{run.kind}:{run.id}:{strategy.name}"
        if strategy.verdict is not Verdict.FAILED or read(world.store, key) is not None:
            continue
        if not is_of_content(strategy):  # a limit of time: the status says it, nothing is undone
            log.warning("no reaction to a limit of time", strategy=strategy.name)
            continue
        _note(world, watched, strategy, run.kind, action)
        order = RollbackOrder(strategy.name, ACTOR, _why(strategy), key=key, tree=strategy.tree)
        answer_failed(world, watched, order, action)


def answer_failed(world: World, watched: Watched, order: RollbackOrder, action: Action) -> None:
    """Do what the policy says of what is live and failed; once for each key of an order."""
    if read(world.store, order.key) is not None:
        return
    try:
        outcome = _answer(world, watched, order, action)
    except UserError as error:  # refused of this one: the others have a right to theirs
        outcome = CommandOutcome(ok=False, code="refused", message=str(error))
    if not outcome.ok:
        log.warning("no reaction", strategy=order.name, why=outcome.message)
    if outcome.code != WAITING:  # kept already, and perhaps it has ended since
        keep(world.store, order.key, outcome)


def _live(watched: Watched, commit: str, names: set[str] | None) -> tuple[StrategyChange, ...]:
    trees = watched.where.repository.strategy_trees(commit, watched.where.root)
    return tuple(
        StrategyChange(name, None, tree)
        for name, tree in sorted(trees.items())
        if names is None or name in names
    )


def _snapshot(watched: Watched, commit: str, changes: tuple[StrategyChange, ...]) -> Snapshot:
    """The base itself, in the shape of a proposal, so that the same checks run on it."""
    branch = watched.base_branch
    proposal = Proposal(id=base_id(branch), ref=branch, head=commit, title=f"{branch} as it is")
    tree = watched.where.repository.tree_of(commit)
    return Snapshot(proposal, commit, commit, tree, (), changes)


def _note(
    world: World, watched: Watched, strategy: StrategyReport, kind: str, action: Action
) -> None:
    world.store.audit.append(
        ACTOR,
        "drift.not_passed" if kind == DRIFT else "recheck.failed",
        strategy=strategy.name,
        new=strategy.verdict,
        details={"version": strategy.version, "stage": strategy.stage, "action": action},
        repository=watched.name,
    )


def _answer(world: World, watched: Watched, order: RollbackOrder, action: Action) -> CommandOutcome:
    match action:
        case "notify":
            return CommandOutcome(ok=True, code="notified", message=order.reason)
        case "propose_rollback":
            return rollback(world, watched, replace(order, offered=True))
        case "rollback":
            return rollback(world, watched, order)
        case _:
            assert_never(action)


def _why(strategy: StrategyReport) -> str:
    check = next((c for c in strategy.checks if c.name is strategy.stage), None)
    return f"checked again and failed: {check.summary if check else strategy.verdict}"
