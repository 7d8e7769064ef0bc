"""Deploys that were announced are done, recorded and settled, from wherever a crash left them.

An intent is announced before the first side effect; `bot.unfinished` completes what is open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from bot import report as say
from bot.deploy_queue import DeployOrder
from bot.failpoints import failpoint
from bot.moves import make_ready
from bot.outcomes import CommandOutcome, keep
from bot.server.backend import StrategyChanged
from bot.world import Watched, World
from components.errors import Moved, UserError, Waiting
from components.ports import Landing, Proposal, Tag
from components.state import Content, Lifecycle
from components.state.records import Intent

log = structlog.get_logger(__name__)

DEPLOY = "deploy"
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
        Moved, Waiting, UserError: it cannot land as announced; the intent is abandoned, nothing
            is done.
    """
    parts = tuple(part_from(document) for document in intent.details["parts"])
    try:
        commit = watched.forge.land(_landing(parts, str(intent.details["message"])))
    except (Moved, Waiting, UserError):
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
        base_is_seen(world, watched, parts[0].base, commit)
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


def base_is_seen(world: World, watched: Watched, before: str, commit: str) -> None:
    """The base is where a landing put it; but not where somebody had moved it just before.

    What they did is not on record yet: the drift job still has to compare from what was seen.
    """
    key = base_key(watched.name)
    if world.store.meta.get(key) == before:
        world.store.meta.put(key, commit)
