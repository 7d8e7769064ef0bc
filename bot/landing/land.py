"""Deploys that were announced are done, recorded and settled, from wherever a crash left them.

An intent is announced before the first side effect; `bot.landing.unfinished` completes what is
open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog

from bot.core.failpoints import failpoint
from bot.core.notices import StrategyChanged
from bot.core.orders import DeployOrder
from bot.landing.context import Watched, World
from bot.landing.freezing import FreezeNow, frozen
from bot.landing.lifecycle_moves import make_ready
from bot.landing.outcomes import CommandOutcome, keep
from bot.landing.queued import (
    is_queued,
    keep_end,
    learn_queued,
    leave_queue,
    refuse_held,
    refuse_unshown,
    tell_end,
    waits,
)
from bot.report import markdown
from components.errors import Enqueued, Moved, UserError, Waiting
from components.ports import Landing, Proposal, Tag
from components.state import Lifecycle, VersionContent
from components.state.tables.records import Intent

log = structlog.get_logger(__name__)

DEPLOY = "deploy"
ABANDONED = "abandoned"
DONE = "done"


@dataclass(frozen=True)
class Landed:
    """One strategy of a landing, as it is recorded. Trees are git ids; None: removed.

    Attributes:
        left: version that the base had of what is removed, "" where nobody could read it.
        renamed_to: the new name of what is removed, "" where there is none.
    """

    name: str
    version: str
    tree: str | None
    content_key: str
    tag: str
    left: str = ""
    renamed_to: str = ""


@dataclass(frozen=True)
class Part:
    """One proposal of a landing: its order, its head, its merge commit, all that it lands.

    Attributes:
        policies, also: the other files, in the folder of policies and elsewhere.
        digest: of the list of all of it that the report showed.
        accepted: somebody accepted changed policies, which a queue's groups would not pass with.
    """

    order: DeployOrder
    ref: str
    head: str
    base: str
    commit: str
    landed: tuple[Landed, ...]
    policies: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    digest: str = ""
    accepted: bool = False

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
        policies=tuple(document.get("policies", ())),
        also=tuple(document.get("also", ())),
        digest=document.get("digest", ""),
        accepted=document.get("accepted", False),
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
        Enqueued: a queue of the forge has it; the intent stays open.
        Moved, Waiting, UserError: it cannot land as announced; the intent is abandoned, nothing
            is done.
    """
    parts = tuple(part_from(document) for document in intent.details["parts"])
    try:
        commit = _land(world, watched, intent, parts)
    except Enqueued:
        learn_queued(world, intent)
        raise
    except (Moved, Waiting, UserError) as error:
        _give_up(world, watched, intent, parts, str(error))
        raise
    failpoint("deploy.landed")
    for part in parts:
        world.running.stop(watched.name, part.order.proposal)
    own = {part: commit if len(parts) == 1 else part.commit for part in parts}
    outcomes = {part.order.proposal: _deployed(part, own[part]) for part in parts}
    for part in parts:
        if waits(world, part.order.key):
            words = outcomes[part.order.proposal].message
            tell_end(watched, part.proposal, part.commit, words)
    with world.store.transaction():
        for part in parts:
            _record_part(world, watched, part, own[part])
            keep(world.store, part.order.key, outcomes[part.order.proposal])
        base_is_seen(world, watched, parts[0].base, commit)
    failpoint("deploy.recorded")
    world.store.intents.settle(intent.id, DONE)
    failpoint("deploy.settled")
    for part in parts:
        landed = outcomes[part.order.proposal].data["landed"]
        log.info("deployed", proposal=part.order.proposal, landed=landed, commit=commit[:12])
    for item in (item for part in parts for item in part.landed):
        world.progress.tell(StrategyChanged(item.name))
    return outcomes


def _land(world: World, watched: Watched, intent: Intent, parts: Sequence[Part]) -> str:
    """The commit that landed; of a queue's, only where it brings what was tested and shown."""
    landing = _landing(watched, intent, parts)
    freeze = frozen(world, watched)
    if not landing.queued:
        return unless_frozen(watched, landing, freeze)
    items = [item for part in parts for item in part.landed]
    refuse_held(world, watched, [(i.name, i.version) for i in items if i.tree is not None])
    commit = unless_frozen(watched, landing, freeze)
    refuse_unshown(watched, {i.name: i.tree for i in items}, parts[-1].digest, commit)
    return commit


def unless_frozen(watched: Watched, landing: Landing, freeze: FreezeNow | None) -> str:
    """Land; in a freeze only recognise what has landed before it.

    Raises:
        UserError: it is frozen, and had not landed.
    """
    if freeze is not None:
        landing = replace(landing, offered=True)
    try:
        return watched.forge.land(landing)
    except Waiting as waiting:
        if freeze is None:
            raise
        raise UserError(freeze.words) from waiting


def _give_up(
    world: World, watched: Watched, intent: Intent, parts: Sequence[Part], why: str
) -> None:
    """It will not land: whoever waits is told, and no queue lands it later."""
    words = markdown.deploy_ended(why)
    for part in parts if is_queued(intent) else ():
        leave_queue(watched, part.proposal)
        if waits(world, part.order.key):
            tell_end(watched, part.proposal, part.commit, words)
    with world.store.transaction():
        for part in parts:
            keep_end(world, part.order.key, words)
        world.store.intents.settle(intent.id, ABANDONED)


def _landing(watched: Watched, intent: Intent, parts: Sequence[Part]) -> Landing:
    first, last = parts[0], parts[-1]
    return Landing(
        commit=last.commit,
        expected_base=first.base,
        message=str(intent.details["message"]),
        proposal=first.proposal,
        expected_head=first.head,
        tags=tuple(
            Tag(item.tag, tag_message(item, part.order), part.commit if len(parts) > 1 else "")
            for part in parts
            for item in part.landed
            if item.tag
        ),
        folders=tuple(f"{watched.where.root}/{item.name}" for p in parts for item in p.landed),
        members=tuple(part.proposal for part in parts[1:]),
        may_queue=not any(part.accepted for part in parts),
        queued=is_queued(intent),
    )


def _deployed(part: Part, commit: str) -> CommandOutcome:
    tags = [item.tag for item in part.landed if item.tag]
    named = [i for i in part.landed if i.name == part.order.name] or [*part.landed]
    data = {"commit": commit, "tag": "", "name": "", "version": ""}
    if named:
        data |= {"tag": named[0].tag, "name": named[0].name, "version": named[0].version}
    names = [f"{i.name} {i.version}" for i in part.landed if i.tree is not None]
    gone = [_gone(i) for i in part.landed if i.tree is None]
    return CommandOutcome(
        ok=True,
        code="deployed",
        message=markdown.deployed(names, commit, tags, gone, part.policies, part.also),
        data={**data, "landed": _all_of(names, gone, part)},
    )


def _gone(item: Landed) -> str:
    renamed = f", now {item.renamed_to}" if item.renamed_to else ""
    return f"{item.name} {item.left}".strip() + renamed


def _all_of(names: Sequence[str], gone: Sequence[str], part: Part) -> list[str]:
    """Everything that landed, one sentence each, for machines and logs."""
    return [
        *(f"{name} deployed" for name in names),
        *(f"{name} removed" for name in gone),
        *(f"policy {path} changed" for path in part.policies),
        *(f"{path} changed" for path in part.also),
    ]


def _record_part(world: World, watched: Watched, part: Part, commit: str) -> None:
    """Everything that the database says of one landed proposal."""
    if part.policies or part.also:
        world.store.audit.append(
            part.order.actor,
            "landing.other_files",
            details={
                "commit": commit,
                "proposal": part.order.proposal,
                "policies": part.policies,
                "also": part.also,
            },
            repository=watched.name,
        )
    for item in part.landed:
        world.store.deployments.record(
            watched.name,
            item.name,
            item.version,
            kind=DEPLOY if item.tree is not None else "removal",
            reason=renamed(item.renamed_to) if item.renamed_to else "",
            commit=commit,
            actor=part.order.actor,
            base_before=part.base,
            tree=item.tree or "",
            content_key=item.content_key,
            tag=item.tag,
            proposal=part.order.proposal,
        )
        if item.tree is None and world.store.strategies.get(watched.name, item.name) is None:
            continue  # it was on the base before the bot looked: nothing of it moves
        if item.tree is not None:
            make_ready(world.store, watched.name, item.name, part.order.proposal)
        world.store.strategies.transition(
            watched.name,
            item.name,
            Lifecycle.DEPLOYED if item.tree is not None else Lifecycle.ARCHIVED,
            actor=part.order.actor,
            reason=_reason(item, commit),
            version=item.version,
            proposal=part.order.proposal if item.tree is not None else "",
            content=VersionContent(
                tree=item.tree or "", commit=commit, content_key=item.content_key
            ),
        )


def _reason(item: Landed, commit: str) -> str:
    if item.tree is not None:
        return f"landed as {commit[:12]}"
    if item.renamed_to:
        return f"{renamed(item.renamed_to)} by {commit[:12]}"
    return f"its folder was removed by {commit[:12]}"


def renamed(to: str) -> str:
    """Why a strategy is gone that goes on under another name."""
    return f"renamed to {to}"


def tag_message(item: Landed, order: DeployOrder) -> str:
    """The annotated tag's message: verdict and provenance."""
    return (
        f"{item.name} {item.version}\n\nVerdict: passed\nStrategy-tree: {item.tree}\n"
        f"Content-key: {item.content_key}\nDeployed-by: {order.actor}\n"
    )


def base_key(repository: str, stage: str = "") -> str:
    """Where the tip of the base (or of a stage's branch) that the bot has seen last is kept."""
    return f"base:{repository}:{stage}" if stage else f"base:{repository}"


def base_is_seen(world: World, watched: Watched, before: str, commit: str, stage: str = "") -> None:
    """The base is where a landing put it; but not where somebody had moved it just before.

    What they did is not on record yet: the drift job still has to compare from what was seen.
    """
    key = base_key(watched.name, stage)
    if world.store.meta.get(key) == before:
        world.store.meta.put(key, commit)
