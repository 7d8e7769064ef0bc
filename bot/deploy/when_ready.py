"""Deploys that wait until their proposal is green, approved and not frozen; a push ends them."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from bot.core.event_json import to_payload
from bot.core.events import CommandIssued, Deploy
from bot.deploy.approvals import not_approved
from bot.landing.context import Watched, World
from bot.landing.freezing import frozen
from bot.landing.outcomes import CommandOutcome
from bot.proposals.publish import reported
from bot.report import markdown
from components.ports import Proposal
from components.schema.results.values import Verdict


@dataclass(frozen=True)
class Wish:
    """A deploy that waits.

    Attributes:
        head: the commit that is to land.
        key: of the command: what comes of the wish is a command of its own, made once.
        event: the command as it was given, as JSON values.
    """

    head: str
    key: str
    event: dict[str, Any]


def wish_deploy(
    world: World, watched: Watched, proposal: Proposal, event: CommandIssued, key: str
) -> CommandOutcome | None:
    """Take down that a proposal is to land as soon as it may; None: it may now.

    Args:
        world: everything.
        watched: the repository.
        proposal: as it is now: this commit, and none that is pushed later.
        event: the order.
        key: of its command.
    """
    sha = event.command.sha if isinstance(event.command, Deploy) else ""
    if not proposal.head.startswith(sha):
        words = f"it is at {proposal.head[:12]} now, not at {sha[:12]}: look at it first"
        return CommandOutcome(ok=False, code="stale", message=words)
    missing = what_is_missing(world, watched, proposal)
    if not missing:
        return None
    _put(world, watched, proposal.id, Wish(proposal.head, key, to_payload(event)))
    return CommandOutcome(
        ok=True, code="when_ready", message=markdown.deploys_when_ready(proposal.head, missing)
    )


def what_is_missing(world: World, watched: Watched, proposal: Proposal) -> str:
    """Why a proposal cannot land yet, in words; "" where an order would be tried."""
    newest = world.store.runs.latest(watched.name, proposal.id)
    done = newest is not None and newest.head == proposal.head and newest.status == "finished"
    if not done or reported(world, watched, proposal.id)[0] != proposal.head:
        return "its checks are not done"
    if newest is None or newest.verdict is not Verdict.PASSED:
        return "its checks are not green"
    freeze = frozen(world, watched)
    return freeze.words if freeze is not None else not_approved(world, watched, proposal)


def give_up(world: World, watched: Watched, proposal_id: str) -> bool:
    """Forget that a proposal is to land; whether it was."""
    return _put(world, watched, proposal_id, None)


def land_wished(world: World, watched: Watched, proposal_id: str = "") -> None:
    """Order the deploys that waited and may go now; end those of proposals that moved on.

    Args:
        world: everything.
        watched: the repository.
        proposal_id: only this one; "" looks at all.
    """
    for name, wish in _wishes(world, watched).items():
        if proposal_id in {"", name}:
            _look(world, watched, name, wish)


def _look(world: World, watched: Watched, name: str, wish: Wish) -> None:
    proposal = watched.forge.proposal(name)
    if proposal is None:
        give_up(world, watched, name)
    elif proposal.head != wish.head:
        if give_up(world, watched, name) and wish.event["source"] == "comment":
            marker = markdown.answer_marker(f"{wish.key}:ended")
            words = markdown.deploy_ended(f"somebody pushed {proposal.head[:12]}")
            watched.forge.reply(proposal, f"{marker}\n{words}", again=True)
    elif not what_is_missing(world, watched, proposal):
        _order(world, watched, name, wish)


def _order(world: World, watched: Watched, name: str, wish: Wish) -> None:
    """Make the command of a wish: whoever asked is asked for permission once more."""
    command = {**wish.event["command"], "sha": wish.head, "when_ready": False}
    event = {**wish.event, "command": command}
    with world.store.transaction():
        kind = CommandIssued.__name__
        world.store.inbox.receive(f"{wish.key}:ready", kind, watched.name, event)
        give_up(world, watched, name)
    world.wake.set()


def _wishes(world: World, watched: Watched) -> dict[str, Wish]:
    text = world.store.meta.get(_key(watched))
    return {name: Wish(**said) for name, said in json.loads(text or "{}").items()}


def _put(world: World, watched: Watched, proposal_id: str, wish: Wish | None) -> bool:
    with world.store.transaction():
        wishes = _wishes(world, watched)
        known = wishes.pop(proposal_id, None) is not None
        kept = {**wishes, proposal_id: wish} if wish is not None else wishes
        if known or wish is not None:
            text = json.dumps({name: asdict(one) for name, one in kept.items() if one is not None})
            world.store.meta.put(_key(watched), text)
    return known


def _key(watched: Watched) -> str:
    return f"when-ready:{watched.name}"
