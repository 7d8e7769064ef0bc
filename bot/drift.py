"""The base as it is: a commit that the bot did not make is noticed, validated and recorded."""

from bot.check_job import CheckRequest, checked, record_run
from bot.landing import base_key
from bot.moves import Moves, make_ready
from bot.plan import Snapshot, StrategyChange
from bot.report import SUMMARY_CONTEXT, status_text
from bot.server.backend import StrategyChanged
from bot.world import Watched, World
from components.ports import Proposal
from components.schema.report import Report, StrategyReport
from components.schema.values import Verdict
from components.state import Content, Lifecycle
from components.state.records import Job

EXTERNAL = "external"
REMOVAL = "removal"
LATER = -1


def base_moved(world: World, job: Job) -> None:
    """Compare the base with what the bot has seen last; validate and record what differs.

    Open proposals are looked at again afterwards: their merge result may be another one now.
    """
    watched = world.repository(job.repository)
    with watched.lane:  # a deploy that has landed records it before it leaves its lane
        watched.forge.fetch()
        now = watched.forge.base()
        before = world.store.meta.get(base_key(watched.name))
    if now != before:
        _drift(world, watched, before, now)
    for proposal in watched.forge.proposals():
        world.store.jobs.enqueue(
            "check", proposal.id, watched.name, {"proposal": proposal.id}, LATER
        )
    world.wake.set()


def base_snapshot(
    watched: Watched, commit: str, changes: tuple[StrategyChange, ...], before: str = ""
) -> Snapshot:
    """The base itself, in the shape of a proposal, so that the same checks run on it."""
    branch = watched.base_branch
    proposal = Proposal(
        id=f"base/{branch}", ref=branch, head=commit, title=f"{branch} as it is", author=""
    )
    tree = watched.where.repository.tree_of(commit)
    return Snapshot(proposal, before or commit, commit, tree, (), changes)


def _drift(world: World, watched: Watched, before: str, now: str) -> None:
    changes = _changes(watched, before, now)
    unknown = tuple(c for c in changes if not _is_recorded(world, watched, c))
    if unknown:
        _validate(world, watched, base_snapshot(watched, now, unknown, before), before)
    with watched.lane:
        # A deploy may have moved it further meanwhile; then that is what was seen last.
        if world.store.meta.get(base_key(watched.name)) == before:
            world.store.meta.put(base_key(watched.name), now)


def _changes(watched: Watched, before: str, now: str) -> tuple[StrategyChange, ...]:
    repository, root = watched.where.repository, watched.where.root
    if not before:
        trees = repository.strategy_trees(now, root)
        return tuple(StrategyChange(name, None, tree) for name, tree in sorted(trees.items()))
    return tuple(
        StrategyChange(c.name, c.old_tree, c.new_tree)
        for c in repository.changed_strategies(
            repository.tree_of(before), repository.tree_of(now), root
        )
    )


def _is_recorded(world: World, watched: Watched, change: StrategyChange) -> bool:
    """Whether the database says already that this content is what is deployed."""
    current = world.store.deployments.current(watched.name, change.name)
    if current is None:
        return change.new_tree is None
    return current.tree == change.new_tree


def _validate(world: World, watched: Watched, snapshot: Snapshot, before: str) -> None:
    run = world.store.runs.start(
        watched.name, snapshot.proposal.id, snapshot.head, snapshot.base, "base"
    )
    flag = world.running.begin(watched.name, snapshot.proposal.id, snapshot.head)
    moves = Moves(world.store, watched.name, snapshot, flag)
    moves.queued()
    try:
        plan, report = checked(
            world, watched, snapshot, run, CheckRequest(snapshot.proposal.id), moves
        )
    finally:
        world.running.end(watched.name, snapshot.proposal.id, flag)
    if record_run(world, run, report, moves, plan):
        _record(world, watched, snapshot, report, before)
    state, description = status_text(report)
    watched.forge.set_status(
        snapshot.head, SUMMARY_CONTEXT, state, description, world.run_url(run.id)
    )


def _record(
    world: World, watched: Watched, snapshot: Snapshot, report: Report, before: str
) -> None:
    why = "moved outside the bot" if before else "found at the first start"
    reports = {s.name: s for s in report.strategies}
    with world.store.transaction():
        for change in snapshot.changes:
            found = reports.get(change.name)
            if change.new_tree is None:
                _removed(world, watched, change, snapshot, why)
            elif found is not None:
                _live(world, watched, found, snapshot, why)
    for change in snapshot.changes:
        world.progress.tell(StrategyChanged(change.name))


def _live(
    world: World, watched: Watched, found: StrategyReport, snapshot: Snapshot, why: str
) -> None:
    store = world.store
    store.deployments.record(
        watched.name,
        found.name,
        found.version,
        kind=EXTERNAL,
        commit=snapshot.head,
        actor="outside",
        reason=why,
        base_before=snapshot.base,
        tree=found.tree,
        content_key=found.content_key,
    )
    if found.verdict is not Verdict.PASSED:
        store.audit.append(
            "algoops",
            "drift.not_passed",
            strategy=found.name,
            new=found.verdict,
            details={"commit": snapshot.head, "version": found.version, "why": why},
            repository=watched.name,
        )
        return
    landed = store.versions.landed(watched.name, found.name, found.version)
    if landed is not None and landed.tree != found.tree:
        store.audit.append(
            "algoops",
            "drift.version_changed",
            strategy=found.name,
            old=landed.tree,
            new=found.tree,
            details={"commit": snapshot.head, "version": found.version},
            repository=watched.name,
        )
        return
    make_ready(store, watched.name, found.name, snapshot.proposal.id)
    if store.holds.active(watched.name, found.name, found.version) is None:
        store.strategies.transition(
            watched.name,
            found.name,
            Lifecycle.DEPLOYED,
            actor="outside",
            reason=why,
            version=found.version,
            proposal=snapshot.proposal.id,
            content=Content(tree=found.tree, commit=snapshot.head),
        )


def _removed(
    world: World, watched: Watched, change: StrategyChange, snapshot: Snapshot, why: str
) -> None:
    if world.store.strategies.get(watched.name, change.name) is None:
        return
    world.store.deployments.record(
        watched.name,
        change.name,
        "",
        kind=REMOVAL,
        commit=snapshot.head,
        actor="outside",
        reason=why,
        base_before=snapshot.base,
    )
    world.store.strategies.transition(
        watched.name,
        change.name,
        Lifecycle.ARCHIVED,
        actor="outside",
        reason=f"its folder is gone from the base ({why})",
    )
