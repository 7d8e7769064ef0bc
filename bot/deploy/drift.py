"""The base as it is: a commit that the bot did not make is noticed, recorded and validated."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.checks.base_policies import bench_at
from bot.checks.run import read_subject
from bot.checks.subject import read_definition
from bot.core.decisions import StrategyChange
from bot.core.notices import StrategyChanged
from bot.deploy.by_hand import AsTested, as_tested, listed_removals
from bot.deploy.stage_drift import REMOVAL, see_stages
from bot.landing.context import Watched, World
from bot.landing.drifted import (
    EXTERNAL,
    Drift,
    drifted,
    forget_refused,
    is_refused,
    newest_landing,
    note_refused,
)
from bot.landing.land import base_key
from bot.landing.lifecycle_moves import make_ready
from bot.landing.tries import keep_counts
from bot.landing.unfinished import finish_open, refuse_unknown, unfinished
from bot.proposals.ask import LATER, ask_check, ask_orders
from bot.proposals.check import told_last
from bot.report.values import base_id
from components.errors import ConfigError
from components.ports import Proposal
from components.state import Lifecycle, VersionContent
from components.state.lifecycle import LIVE_ALREADY
from components.state.story import OUTSIDE
from components.state.tables.records import Job

log = structlog.get_logger(__name__)

AGAIN = 8
"""So many proposals that were judged are looked at again at each Tick."""

MANY = 100_000
"""All strategies of a repository."""


@dataclass(frozen=True)
class _Base:
    """How the base was found: the commit before and now, and what happened to it in words."""

    before: str
    now: str
    why: str


@dataclass(frozen=True)
class _Content:
    """Content that came onto the base without a landing of ours.

    Attributes:
        version: in its definition, "" where that can't be read.
        problem: why it can't go on record as a deployed version, "" where it can.
        tested: what the bot knows of it, where it would have landed it itself.
    """

    change: StrategyChange
    version: str
    problem: str
    tested: AsTested | None


def base_moved(world: World, job: Job) -> None:
    """Compare the base with what the bot has seen last; record and validate what differs.

    Open proposals are looked at again afterwards: their merge result may be another one now.
    """
    watched = world.repository(job.repository)
    with watched.lane.patiently():  # a deploy that has landed records it before it leaves its lane
        finish_open(world, watched)
        watched.forge.fetch()
        base = see_base(world, watched)
        see_stages(world, watched)
    key = f"looked_at:{watched.name}"
    moved = world.store.meta.get(key) != base
    found = watched.forge.proposals()
    for proposal in found if moved else _to_look_at(world, watched, found):
        ask_check(world, watched.name, proposal.id, proposal.actor, LATER)
    if moved:
        world.store.meta.put(key, base)
    ask_orders(world, watched.name)


def _to_look_at(world: World, watched: Watched, found: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """The proposals to look at where the base is as it was: a Tick costs no more with more of them.

    A check that waits or works already is left as it is. Of those whose report is out, which only
    luck or the book may turn, a few have their turn at each Tick.
    """
    idle = [p for p in found if not world.store.jobs.is_open("check", watched.name, p.id)]
    told = sorted((p for p in idle if told_last(world, watched, p)), key=lambda p: p.id)
    key = f"looked_again:{watched.name}"
    last = world.store.meta.get(key)
    turn = [*(p for p in told if p.id > last), *(p for p in told if p.id <= last)][:AGAIN]
    if turn:
        world.store.meta.put(key, turn[-1].id)
    return (*(p for p in idle if p not in told), *turn)


def see_base(world: World, watched: Watched, again: str = "") -> str:
    """Record what is on the base and not on record; its commit. The lane is held, all fetched.

    Args:
        world: everything.
        watched: the repository.
        again: look once more at this strategy if it could not be recorded: a hold may be lifted.

    Raises:
        Moved: whether an own landing happened is not known yet.
    """
    now = watched.forge.base()
    before = world.store.meta.get(base_key(watched.name))
    anew = bool(again) and is_refused(world.store, watched.name, again)
    if now == before and not anew:
        return now
    changed = _record(world, watched, _Base(before, now, _why(watched, before, now)), again)
    for name in changed:
        world.progress.tell(StrategyChanged(name))
    for one in drifted(world.store, watched.name):
        if one.name in changed:
            log.warning("drift", what=one.words)
    return now


def _record(world: World, watched: Watched, found: _Base, again: str) -> tuple[str, ...]:
    """What is live is on record at once; the job that validates it is part of the same commit."""
    before, now, why = found.before, found.now, found.why
    changes = _changes(world, watched, before, now)
    if is_refused(world.store, watched.name, again) and again not in {c.name for c in changes}:
        tree = watched.where.repository.tree_at(now, f"{watched.where.root}/{again}")
        changes = (*changes, StrategyChange(again, None, tree))
    unknown = [c for c in changes if not _is_recorded(world, watched, c)]
    contents = [  # read before the transaction: nobody can write while it is open
        _content(world, watched, c, found) for c in unknown if c.new_tree is not None
    ]
    gone = {c.name: c.old_tree or "" for c in unknown if c.new_tree is None}
    listed = listed_removals(world, watched, gone, before, now)
    refuse_unknown(unfinished(world, watched), *(c.name for c in unknown))
    with world.store.transaction():
        for change in changes:
            forget_refused(world.store, watched.name, change.name)
        for change in unknown:
            if change.new_tree is None:
                _removed(world, watched, change, found, listed.get(change.name))
        for content in contents:
            note = _refused if content.problem else _live
            note(world, watched, content, found)
        names = [c.change.name for c in contents if c.tested is None]
        if names:
            payload = {"names": names, "why": why}
            world.store.jobs.enqueue("recheck", now, watched.name, payload, LATER)
        world.store.meta.put(base_key(watched.name), now)
    return tuple(c.name for c in unknown)


def _why(watched: Watched, before: str, now: str) -> str:
    """What happened to the base, in words."""
    if not before:
        return "found at the first start"
    repository = watched.where.repository
    if repository.objects.header(before) is None or not repository.is_ancestor(before, now):
        return f"force-pushed outside the bot from {before[:12]} to {now[:12]}"
    return "moved outside the bot"


def _changes(world: World, watched: Watched, before: str, now: str) -> tuple[StrategyChange, ...]:
    repository, root = watched.where.repository, watched.where.root
    if not before or repository.objects.header(before) is None:  # git gc took what nothing names
        trees = repository.strategy_trees(now, root)
        rows = world.store.strategies.list(repository=watched.name, limit=MANY)
        gone = {row.name for row in rows if row.deployed_version} - set(trees)
        there = [StrategyChange(name, None, tree) for name, tree in sorted(trees.items())]
        return (*there, *(StrategyChange(name, None, None) for name in sorted(gone)))
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


def _content(world: World, watched: Watched, change: StrategyChange, found: _Base) -> _Content:
    """What there is to know of content that came without a landing of ours."""
    version = _version(world, watched, change, found.now)
    problem = _problem(world, watched, change, version)
    tested = None if problem else as_tested(world, watched, change, found.before, found.now)
    return _Content(change, version, problem, tested)


def _refused(world: World, watched: Watched, content: _Content, found: _Base) -> None:
    """Note content that is live and can't go on record as a deployed version."""
    name, tree = content.change.name, content.change.new_tree or ""
    why = f"{found.why}: {content.problem}"
    world.store.audit.append(
        OUTSIDE,
        "drift.refused",
        strategy=name,
        new=tree,
        details={"commit": found.now, "version": content.version, "why": why},
        repository=watched.name,
    )
    if found.before:
        mark = newest_landing(world.store, watched.name, name)
        drift = Drift(name, content.version, found.why, mark, content.problem, tree=tree)
        note_refused(world.store, watched.name, drift)


def _live(world: World, watched: Watched, content: _Content, found: _Base) -> None:
    """Record content that is live without a landing of ours, whatever the checks will say."""
    tested, name, tree = content.tested, content.change.name, content.change.new_tree or ""
    why = tested.why if tested else found.why
    world.store.deployments.record(
        watched.name,
        name,
        content.version,
        found=True,
        kind=EXTERNAL,
        commit=found.now,
        base_before=found.before,
        actor=OUTSIDE,
        reason=why,
        tree=tree,
        content_key=tested.content_key if tested else "",
        proposal=tested.proposal if tested else "",
    )
    key = tested.content_key if tested else ""
    _deployed(
        world,
        watched,
        content,
        VersionContent(tree=tree, commit=found.now, content_key=key),
        why,
    )
    if tested is not None:
        keep_counts(world.store, watched.name, name, tree, tested.luck)
        log.info("deployed without the bot", strategy=name, version=content.version, what=why)


def _version(world: World, watched: Watched, change: StrategyChange, commit: str) -> str:
    """The version in live content, "" where it cannot be read.

    By the policies of its own base; broken ones must not keep off the record what is live.
    """
    try:
        policies = bench_at(watched.where, world.bench, commit).policies
    except ConfigError:
        policies = world.bench.policies
    found = read_definition(read_subject(watched.where, change), policies).definition
    return found.version if found is not None else ""


def _problem(world: World, watched: Watched, change: StrategyChange, version: str) -> str:
    """Why live content cannot go on record as a deployed version, "" where it can."""
    if not version:
        return "its definition cannot be read"
    landed = world.store.versions.landed(watched.name, change.name, version)
    if landed is not None and landed.tree != change.new_tree:
        return f"{version} was deployed before with other content"
    if world.store.holds.active(watched.name, change.name, version) is not None:
        return f"{version} is held"
    return ""


def _deployed(
    world: World, watched: Watched, content: _Content, known: VersionContent, why: str
) -> None:
    """The lifecycle follows: a version that never landed before goes all the way at once."""
    store, name, version = world.store, content.change.name, content.version
    proposal = base_id(watched.base_branch)
    landed = store.versions.landed(watched.name, name, version) is not None
    if content.tested is not None:
        proposal = content.tested.proposal
        make_ready(store, watched.name, name, proposal)
    elif not landed:
        store.strategies.propose(
            watched.name,
            name,
            actor=OUTSIDE,
            reason=why,
            proposal=proposal,
            version=version,
            content=known,
        )
        make_ready(store, watched.name, name, proposal, f"{LIVE_ALREADY}: {why}")
    store.strategies.transition(
        watched.name,
        name,
        Lifecycle.DEPLOYED,
        actor=OUTSIDE,
        reason=why,
        version=version,
        proposal="" if landed and content.tested is None else proposal,
        content=known,
    )


def _removed(
    world: World,
    watched: Watched,
    change: StrategyChange,
    found: _Base,
    listed: AsTested | None,
) -> None:
    """Record that something is gone; `listed`: whose deploy would have done just that."""
    if world.store.strategies.get(watched.name, change.name) is None:
        return
    why = listed.why if listed else found.why
    world.store.deployments.record(
        watched.name,
        change.name,
        "",
        found=True,
        kind=REMOVAL,
        commit=found.now,
        base_before=found.before,
        actor=OUTSIDE,
        reason=why,
        proposal=listed.proposal if listed else "",
    )
    world.store.strategies.transition(
        watched.name,
        change.name,
        Lifecycle.ARCHIVED,
        actor=OUTSIDE,
        reason=f"its folder is gone from the base ({why})",
    )
    if listed is not None:
        log.info("removed without the bot", strategy=change.name, what=why)
