"""Events in: written down first, then turned into jobs. Replays and duplicates are no-ops."""

from typing import assert_never

import structlog

from bot.core.event_json import from_payload, kind_of, to_payload
from bot.core.events import (
    BaseMoved,
    CommandIssued,
    Event,
    GroupFormed,
    ProposalChanged,
    ProposalClosed,
    Tick,
)
from bot.landing.context import World
from bot.proposals.ask import LATER, ask_check, ask_orders
from bot.proposals.closing import close_proposal
from components.state.tables.payloads import is_newer
from components.state.tables.records import InboxEvent

BATCH = 100
COMMAND_PRIORITY = 20
ORDER_TRIES = 3
"""Somebody waits at a terminal: better told soon that the forge does not answer."""

COMMENT_TRIES = 8
"""With the runner's pauses a quarter of an hour: a comment outlives an outage of the forge."""

BASE_PRIORITY = 5
TICK_PRIORITY = 1

log = structlog.get_logger(__name__)


def receive(world: World, event: Event, key: str) -> bool:
    """Write an event down; it is on disk when this returns, and somebody is woken.

    Args:
        world: everything.
        event: what happened.
        key: what makes it unique (a delivery id; see `bot.core.event_json.key_of`).

    Returns:
        False when it was received before.
    """
    repository = getattr(event, "repository", "")
    new = world.store.inbox.receive(key, kind_of(event), repository, to_payload(event))
    if new:
        world.wake.set()
    return new


def dispatch(world: World) -> int:
    """Turn waiting events into jobs; how many there were."""
    events = world.store.inbox.pending(BATCH)
    for stored in events:
        _dispatch(world, stored)
    return len(events)


def _dispatch(world: World, stored: InboxEvent) -> None:
    try:
        event = _event(stored)
    except (
        KeyError,
        TypeError,
    ) as error:  # of another version of the bot: it must not stop the rest
        log.error("event not understood", kind=stored.kind, key=stored.key, why=repr(error))  # noqa: TRY400  # the stack says nothing
        world.store.inbox.settle(stored.id, "not understood")
        return
    if isinstance(event, ProposalChanged):
        world.running.stop(event.repository, event.proposal, unless_head=event.head)
    with world.store.transaction():
        outcome = _enqueue(world, event, stored.key)
        world.store.inbox.settle(stored.id, outcome)


def _event(stored: InboxEvent) -> Event:
    if is_newer(stored.format):
        raise TypeError(f"a newer AlgoOps wrote it (format {stored.format})")
    return from_payload(stored.kind, dict(stored.payload))


def _enqueue(world: World, event: Event, key: str) -> str:
    jobs = world.store.jobs
    match event:
        case ProposalChanged(repository=repository, proposal=proposal, actor=actor):
            ask_check(world, repository, proposal, actor, limited=False)
        case ProposalClosed(repository=repository, proposal=proposal):
            jobs.enqueue("close", proposal, repository, {"proposal": proposal})
        case BaseMoved(repository=repository, commit=commit):
            jobs.enqueue("base", repository, repository, {"commit": commit}, BASE_PRIORITY)
        case GroupFormed(repository=repository, ref=ref, commit=commit):
            jobs.enqueue("group", commit, repository, {"ref": ref}, BASE_PRIORITY)
        case CommandIssued(repository=repository, source=source):
            tries = COMMENT_TRIES if source == "comment" else ORDER_TRIES
            jobs.enqueue("command", key, repository, to_payload(event), COMMAND_PRIORITY, tries)
        case Tick():
            for repository in world.watched:
                jobs.enqueue("tick", repository, repository, {}, TICK_PRIORITY)
            ask_orders(world, *world.watched, priority=LATER)
        case _:
            assert_never(event)
    return "queued"


def close(world: World, repository: str, proposal: str) -> None:
    """The close job: archive what a vanished proposal brought, unless it is there after all."""
    watched = world.repository(repository)
    there = watched.forge.proposal(proposal)
    if there is None:
        close_proposal(world, watched, proposal)
