"""The scheduled re-check: deployed strategies on today's data and policy, and what follows."""

from typing import assert_never

from bot.check_job import CheckRequest, checked, record_run
from bot.deploy_queue import RollbackOrder
from bot.drift import base_snapshot
from bot.moves import Moves
from bot.plan import StrategyChange
from bot.rollbacks import propose_rollback, rollback
from bot.world import Watched, World
from components.schema.report import Report, StrategyReport
from components.schema.values import Verdict
from components.state.records import Job

ACTOR = "algoops"
EVERY = 100_000


class _NoMoves(Moves):
    """A re-check of what is live moves nothing in the lifecycle by itself."""

    def queued(self) -> None:
        """Nothing was pushed."""

    def passed(self, strategy: str, result: object) -> None:
        """Nothing is tested for a landing."""

    def judged(self, report: Report, plan: object) -> None:
        """Nothing becomes ready or failed: what follows is the policy's."""


def recheck(world: World, job: Job) -> None:
    """Check everything that is deployed; unchanged content, data and policy cost next to nothing.

    Raises:
        Superseded: the daemon is stopping.
        TransientError: the forge failed; tried again.
    """
    watched = world.repository(job.repository)
    watched.forge.fetch()
    commit = watched.forge.base()
    trees = watched.where.repository.strategy_trees(commit, watched.where.root)
    changes = tuple(StrategyChange(name, None, tree) for name, tree in sorted(trees.items()))
    if not changes:
        return
    snapshot = base_snapshot(watched, commit, changes)
    run = world.store.runs.start(
        watched.name, snapshot.proposal.id, commit, commit, "recheck", attempt=f"job-{job.id}"
    )
    if run.finished:
        return
    flag = world.running.begin(watched.name, "recheck", commit)
    moves = _NoMoves(world.store, watched.name, snapshot, flag)
    try:
        plan, report = checked(
            world, watched, snapshot, run, CheckRequest(snapshot.proposal.id), moves
        )
    finally:
        world.running.end(watched.name, "recheck", flag)
    if record_run(world, run, report, moves, plan):
        for strategy in report.strategies:
            if strategy.verdict is Verdict.FAILED:
                _react(world, watched, strategy)


def _react(world: World, watched: Watched, strategy: StrategyReport) -> None:
    action = world.bench.policies.risk.recheck.action
    world.store.audit.append(
        ACTOR,
        "recheck.failed",
        strategy=strategy.name,
        old=Verdict.PASSED,
        new=strategy.verdict,
        details={"version": strategy.version, "stage": strategy.stage, "action": action},
        repository=watched.name,
    )
    match action:
        case "notify":
            return
        case "propose_rollback":
            propose_rollback(world, watched, RollbackOrder(strategy.name, ACTOR, _why(strategy)))
        case "rollback":
            rollback(world, watched, RollbackOrder(strategy.name, ACTOR, _why(strategy)))
        case _:
            assert_never(action)


def _why(strategy: StrategyReport) -> str:
    check = next((c for c in strategy.checks if c.name is strategy.stage), None)
    return f"re-check failed: {check.summary if check else strategy.verdict}"
