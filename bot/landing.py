"""Landings: what was announced is done, recorded and settled, from wherever a crash left it.

An intent is announced before the first side effect; `finish_open` completes what is still open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from bot import report as say
from bot.deploy_queue import DeployOrder, RollbackOrder
from bot.failpoints import failpoint
from bot.moves import make_ready
from bot.outcomes import CommandOutcome, keep
from bot.server.backend import StrategyChanged
from bot.world import Watched, World
from components.errors import Moved, UserError
from components.ports import Landing, Proposal, Tag
from components.state import Content, Lifecycle
from components.state.records import Intent

log = structlog.get_logger(__name__)

DEPLOY = "deploy"
ROLLBACK = "rollback"
ABANDONED = "abandoned"
DONE = "done"


@dataclass(frozen=True)
class Landed:
    """One strategy of a landing, as it is recorded. Trees are git ids; None: removed."""

    name: str
    version: str
    tree: str | None
    content_key: str
    tag: str


@dataclass(frozen=True)
class Part:
    """One proposal of a landing: its order, its head, its merge commit, what it lands."""

    order: DeployOrder
    ref: str
    head: str
    base: str
    commit: str
    landed: tuple[Landed, ...]

    @property
    def proposal(self) -> Proposal:
        """The proposal as it was announced."""
        return Proposal(id=self.order.proposal, ref=self.ref, head=self.head)


def part_from(document: Mapping[str, Any]) -> Part:
    """The part that `dataclasses.asdict` wrote."""
    return Part(
        order=DeployOrder(**document["order"]),
        ref=document["ref"],
        head=document["head"],
        base=document["base"],
        commit=document["commit"],
        landed=tuple(Landed(**item) for item in document["landed"]),
    )


def finish_open(world: World, watched: Watched) -> None:
    """Complete every open intent of a repository: done -> record, not done -> do or abandon.

    The caller holds the lane.
    """
    finishers = {DEPLOY: finish_deploy, ROLLBACK: finish_rollback}
    for intent in world.store.intents.open(repository=watched.name):
        finish = finishers.get(intent.kind)
        if finish is None:
            continue
        try:
            finish(world, watched, intent)
            log.info("intent finished", kind=intent.kind, key=intent.key)
        except (Moved, UserError) as error:
            log.warning("intent abandoned", kind=intent.kind, key=intent.key, why=str(error))


# --- deploys -----------------------------------------------------------------------------------


def announce_deploy(world: World, watched: Watched, parts: Sequence[Part], message: str) -> Intent:
    """Say what is about to land: one proposal, or several as a chain of merges."""
    failpoint("deploy.prepared")
    intent = world.store.intents.announce(
        DEPLOY,
        watched.name,
        parts[-1].commit,
        {"message": message, "parts": [asdict(part) for part in parts]},
    )
    failpoint("deploy.announced")
    return intent


def finish_deploy(world: World, watched: Watched, intent: Intent) -> dict[str, CommandOutcome]:
    """Land, record, settle.

    Returns:
        The outcome of each part, by its proposal.

    Raises:
        Moved, UserError: it cannot land as announced; the intent is abandoned, nothing is done.
    """
    parts = tuple(part_from(document) for document in intent.details["parts"])
    try:
        commit = watched.forge.land(_landing(parts, str(intent.details["message"])))
    except (Moved, UserError):
        world.store.intents.settle(intent.id, ABANDONED)
        raise
    failpoint("deploy.landed")
    for part in parts:
        world.running.stop(watched.name, part.order.proposal)
    outcomes = {}
    with world.store.transaction():
        for part in parts:
            own = commit if len(parts) == 1 else part.commit
            _record_part(world, watched, part, own)
            outcome = _deployed(part, own)
            outcomes[part.order.proposal] = outcome
            keep(world.store, part.order.key, outcome)
        _base_is_seen(world, watched, parts[0].base, commit)
    failpoint("deploy.recorded")
    world.store.intents.settle(intent.id, DONE)
    failpoint("deploy.settled")
    for part in parts:
        landed = ", ".join(f"{i.name} {i.version}".strip() for i in part.landed)
        log.info("deployed", proposal=part.order.proposal, landed=landed, commit=commit[:12])
    for item in (item for part in parts for item in part.landed):
        world.progress.tell(StrategyChanged(item.name))
    return outcomes


def _landing(parts: Sequence[Part], message: str) -> Landing:
    first, last = parts[0], parts[-1]
    return Landing(
        commit=last.commit,
        expected_base=first.base,
        message=message,
        proposal=first.proposal,
        expected_head=first.head,
        tags=tuple(
            Tag(item.tag, tag_message(item, part.order), part.commit if len(parts) > 1 else "")
            for part in parts
            for item in part.landed
            if item.tag
        ),
        members=tuple(part.proposal for part in parts[1:]),
    )


def _deployed(part: Part, commit: str) -> CommandOutcome:
    tags = [item.tag for item in part.landed if item.tag]
    named = next((i for i in part.landed if i.name == part.order.name), part.landed[0])
    names = [f"{i.name} {i.version}".strip() for i in part.landed]
    return CommandOutcome(
        ok=True,
        code="deployed",
        message=say.deployed(names, commit, tags),
        data={"commit": commit, "tag": named.tag, "name": named.name, "version": named.version},
    )


def _record_part(world: World, watched: Watched, part: Part, commit: str) -> None:
    """Everything that the database says of one landed proposal."""
    for item in part.landed:
        world.store.deployments.record(
            watched.name,
            item.name,
            item.version,
            kind=DEPLOY if item.tree is not None else "removal",
            commit=commit,
            actor=part.order.actor,
            base_before=part.base,
            tree=item.tree or "",
            content_key=item.content_key,
            tag=item.tag,
            proposal=part.order.proposal,
        )
        if item.tree is not None:
            make_ready(world.store, watched.name, item.name, part.order.proposal)
        world.store.strategies.transition(
            watched.name,
            item.name,
            Lifecycle.DEPLOYED if item.tree is not None else Lifecycle.ARCHIVED,
            actor=part.order.actor,
            reason=f"landed as {commit[:12]}"
            if item.tree is not None
            else f"its folder was removed by {commit[:12]}",
            version=item.version,
            proposal=part.order.proposal if item.tree is not None else "",
            content=Content(tree=item.tree or "", commit=commit, content_key=item.content_key),
        )


def tag_message(item: Landed, order: DeployOrder) -> str:
    """The annotated tag's message: verdict and provenance."""
    return (
        f"{item.name} {item.version}\n\nVerdict: passed\nStrategy-tree: {item.tree}\n"
        f"Content-key: {item.content_key}\nDeployed-by: {order.actor}\n"
    )


def base_key(repository: str) -> str:
    """Where the base that the bot has seen last is remembered."""
    return f"base:{repository}"


def _base_is_seen(world: World, watched: Watched, before: str, commit: str) -> None:
    """The base is where a landing put it; but not where somebody had moved it just before.

    What they did is not on record yet: the drift job still has to compare from what was seen.
    """
    key = base_key(watched.name)
    if world.store.meta.get(key) == before:
        world.store.meta.put(key, commit)


# --- rollbacks ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Restored:
    """One strategy of a rollback: `left` goes, `to` with its tree is back ("": nothing is)."""

    name: str
    left: str
    to: str
    tree: str


@dataclass(frozen=True)
class Revert:
    """A prepared rollback of one strategy, or of all that landed with it."""

    order: RollbackOrder
    commit: str
    base: str
    message: str
    restored: tuple[Restored, ...]

    @property
    def named(self) -> Restored:
        """What becomes of the strategy that was named."""
        return next(r for r in self.restored if r.name == self.order.name)


def revert_from(document: Mapping[str, Any]) -> Revert:
    """The revert that `dataclasses.asdict` wrote."""
    return Revert(
        order=RollbackOrder(**document["order"]),
        commit=document["commit"],
        base=document["base"],
        message=document["message"],
        restored=tuple(Restored(**item) for item in document["restored"]),
    )


def announce_rollback(world: World, watched: Watched, revert: Revert) -> Intent:
    """Say which revert is about to land."""
    failpoint("rollback.prepared")
    intent = world.store.intents.announce(ROLLBACK, watched.name, revert.commit, asdict(revert))
    failpoint("rollback.announced")
    return intent


def finish_rollback(world: World, watched: Watched, intent: Intent) -> CommandOutcome:
    """Land, record (with the hold), settle.

    Raises:
        Moved, UserError: it cannot land as announced; the intent is abandoned, nothing is done.
    """
    revert = revert_from(intent.details)
    order, named = revert.order, revert.named
    landing = Landing(
        commit=revert.commit,
        expected_base=revert.base,
        message=revert.message,
        branch=f"algoops/revert-{order.name}-{named.left}-{revert.base[:12]}",
    )
    try:
        commit = watched.forge.land(landing)
    except (Moved, UserError):
        world.store.intents.settle(intent.id, ABANDONED)
        raise
    failpoint("rollback.landed")
    outcome = CommandOutcome(
        ok=True,
        code="rolled_back",
        message=" ".join(
            say.rolled_back(r.name, r.to or "nothing", commit, r.left, order.reason)
            for r in revert.restored
        ),
        data={"commit": commit, "version": named.to, "held": named.left, "name": order.name},
    )
    with world.store.transaction():
        for item in revert.restored:
            _record_restored(world, watched, revert, item, commit)
        _base_is_seen(world, watched, revert.base, commit)
        keep(world.store, order.key, outcome)
    failpoint("rollback.recorded")
    world.store.intents.settle(intent.id, DONE)
    failpoint("rollback.settled")
    for item in revert.restored:
        log.info("rolled back", strategy=item.name, held=item.left, live=item.to or "nothing")
        world.progress.tell(StrategyChanged(item.name))
    return outcome


def _record_restored(
    world: World, watched: Watched, revert: Revert, item: Restored, commit: str
) -> None:
    store, order = world.store, revert.order
    done = store.deployments.list(repository=watched.name, name=item.name, limit=1)
    if done and done[0].commit == commit:
        return  # recorded before the power went, not settled
    store.deployments.record(
        watched.name,
        item.name,
        item.to,
        kind=ROLLBACK,
        commit=commit,
        actor=order.actor,
        reason=order.reason,
        base_before=revert.base,
        tree=item.tree,
    )
    moves = [(Lifecycle.ROLLED_BACK, item.left, order.reason)]
    if item.to:
        moves.append((Lifecycle.DEPLOYED, item.to, f"rolled back from {item.left}"))
    for state, version, reason in moves:
        store.strategies.transition(
            watched.name, item.name, state, actor=order.actor, reason=reason, version=version
        )
    store.holds.hold(watched.name, item.name, item.left, order.actor, order.reason)
