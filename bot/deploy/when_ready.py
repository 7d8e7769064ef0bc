"""Deploys that wait until their proposal is green, approved and not frozen; a push ends them."""

from dataclasses import replace

import structlog

from bot.core.event_json import to_payload
from bot.core.events import CommandIssued, Deploy
from bot.core.notices import StrategyChanged
from bot.deploy.approvals import not_approved
from bot.landing.context import Watched, World
from bot.landing.freezing import frozen
from bot.landing.kept import stored
from bot.landing.outcomes import CommandOutcome, keep
from bot.landing.wishes import Wish, put_wish, wishes
from bot.proposals.publish import reported
from bot.report import markdown
from components.errors import UserError
from components.ports import Proposal
from components.schema.results.report import Change, Report
from components.schema.results.values import Verdict
from components.state.tables.records import Run

log = structlog.get_logger(__name__)

READY = "ready"
"""How the key of the command ends that a wish makes."""


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
    with world.store.transaction():
        told = _brought(world, watched, proposal.id)
        wish = Wish(proposal.head, key, to_payload(event), told=told)
        put_wish(world.store, watched.name, proposal.id, wish)
        _tell(world, watched, proposal.id, wish, "deploy.wished")
    return CommandOutcome(
        ok=True, code="when_ready", message=markdown.deploys_when_ready(proposal.head, missing)
    )


def what_is_missing(world: World, watched: Watched, proposal: Proposal) -> str:
    """Why a proposal cannot land yet, in words; "" where an order would be tried."""
    newest = world.store.runs.latest(watched.name, proposal.id)
    done = newest is not None and newest.head == proposal.head and newest.status == "finished"
    if not done or reported(world, watched, proposal.id)[0] != proposal.head:
        return "its checks are not done"
    if newest is None or not _is_green(newest):
        return "its checks are not green"
    freeze = frozen(world, watched)
    return freeze.words if freeze is not None else not_approved(world, watched, proposal)


def _is_green(run: Run) -> bool:
    """Whether it passed, or there was nothing to check: what takes strategies off, and no more."""
    if run.verdict is not Verdict.NEUTRAL:
        return run.verdict is Verdict.PASSED
    report = stored(Report, run.report)
    lands = report.lands if report is not None else None
    return lands is not None and all(s.change is Change.DELETED for s in lands.strategies)


def give_up(world: World, watched: Watched, proposal_id: str, why: str) -> bool:
    """End the wish that a proposal is to land, and record why; whether one waited."""
    wish = wishes(world.store, watched.name).get(proposal_id)
    if wish is None or wish.ended:
        return False
    _end(world, watched, proposal_id, replace(wish, ended=why))
    return True


def wish_refused(
    world: World, watched: Watched, event: CommandIssued, key: str, outcome: CommandOutcome
) -> None:
    """What was wished was ordered, and refused: whoever asked does not wait for an answer.

    Args:
        world: everything.
        watched: the repository.
        event: the order that a wish has made, or any other.
        key: of its command.
        outcome: how it ended.
    """
    wished, _, made = key.rpartition(":")
    if outcome.ok or made != READY or not isinstance(event.command, Deploy):
        return
    wish = Wish(event.command.sha, wished, to_payload(event), ended=outcome.message)
    _end(world, watched, event.proposal, wish)


def land_wished(world: World, watched: Watched, proposal_id: str = "") -> None:
    """Order the deploys that waited and may go now; end those of proposals that moved on.

    Args:
        world: everything.
        watched: the repository.
        proposal_id: only this one; "" looks at all.
    """
    for name, wish in wishes(world.store, watched.name).items():
        if proposal_id in {"", name}:
            _look(world, watched, name, wish)


def _look(world: World, watched: Watched, name: str, wish: Wish) -> None:
    proposal = watched.forge.proposal(name)
    if proposal is None:
        give_up(world, watched, name, "its branch or pull request is gone")
        with world.store.transaction():
            put_wish(world.store, watched.name, name, None)
    elif wish.ended:
        return
    elif proposal.head != wish.head:
        why = f"somebody pushed {proposal.head[:12]}"
        _say_ended(watched, proposal, wish.key, why)
        give_up(world, watched, name, why)
    elif not what_is_missing(world, watched, proposal):
        _order(world, watched, name, wish)


def _say_ended(watched: Watched, proposal: Proposal, key: str, why: str) -> None:
    """Say so where the proposal is, once: who asked on a command line may read it there, too."""
    marker = markdown.answer_marker(f"{key}:ended")
    try:
        words = markdown.deploy_ended(why)
        watched.forge.reply(proposal, f"{marker}\n{words}", again=True)
    except UserError as refused:  # a locked conversation, say: status and page tell it
        log.warning("end of a wished deploy not told", proposal=proposal.id, why=str(refused))


def _order(world: World, watched: Watched, name: str, wish: Wish) -> None:
    """Make the command of a wish: whoever asked is asked for permission once more."""
    command = {**wish.event["command"], "sha": wish.head, "when_ready": False}
    event = {**wish.event, "command": command}
    with world.store.transaction():
        kind = CommandIssued.__name__
        world.store.inbox.receive(f"{wish.key}:{READY}", kind, watched.name, event)
        put_wish(world.store, watched.name, name, None)
    world.wake.set()


def _end(world: World, watched: Watched, proposal_id: str, wish: Wish) -> None:
    """Record an end, for whoever looks at the command, the proposal or its strategies."""
    words = markdown.deploy_ended(wish.ended)
    with world.store.transaction():
        put_wish(world.store, watched.name, proposal_id, wish)
        keep(world.store, wish.key, CommandOutcome(ok=False, code="ended", message=words))
        _tell(world, watched, proposal_id, wish, "deploy.wish_ended")
    log.info("wished deploy ended", proposal=proposal_id, asked=wish.actor, why=wish.ended)


def _tell(world: World, watched: Watched, proposal_id: str, wish: Wish, event: str) -> None:
    """To the audit log and the stories of its strategies. Inside the caller's transaction."""
    brought = _brought(world, watched, proposal_id)  # none, once it is closed
    for name in sorted({*wish.told, *brought}) or [""]:
        world.store.audit.append(
            wish.actor,
            event,
            name,
            details={"proposal": proposal_id, "head": wish.head, "reason": wish.ended},
            repository=watched.name,
        )
        world.progress.tell(StrategyChanged(name))


def _brought(world: World, watched: Watched, proposal_id: str) -> list[str]:
    return [one.name for one in world.store.versions.proposed_in(watched.name, proposal_id)]
