"""Events as JSON, for the inbox: what was received is stored before it is acted on."""

import uuid
from dataclasses import asdict
from typing import Any

from bot.core.events import (
    Adopt,
    Approve,
    BaseMoved,
    Cancel,
    Check,
    Command,
    CommandIssued,
    Delegate,
    Deploy,
    Event,
    Freeze,
    GroupFormed,
    Help,
    Hold,
    Promote,
    ProposalChanged,
    ProposalClosed,
    Restore,
    Rollback,
    Status,
    Tick,
    Unfreeze,
    Unhold,
)

_EVENTS: dict[str, type[Event]] = {
    cls.__name__: cls
    for cls in (ProposalChanged, ProposalClosed, BaseMoved, GroupFormed, CommandIssued, Tick)
}
_COMMANDS: dict[str, type[Command]] = {
    cls.__name__: cls
    for cls in (
        Check,
        Deploy,
        Approve,
        Delegate,
        Rollback,
        Adopt,
        Restore,
        Promote,
        Hold,
        Unhold,
        Freeze,
        Unfreeze,
        Cancel,
        Status,
        Help,
    )
}


def kind_of(event: Event) -> str:
    """The event's name in the inbox."""
    return type(event).__name__


def to_payload(event: Event) -> dict[str, Any]:
    """The event's fields as plain JSON values."""
    payload = asdict(event)
    if isinstance(event, CommandIssued):
        payload["command"] = {"type": type(event.command).__name__, **asdict(event.command)}
    return payload


def from_payload(kind: str, payload: dict[str, Any]) -> Event:
    """The event that `to_payload` wrote.

    Raises:
        KeyError, TypeError: not written by `to_payload`.
    """
    fields = dict(payload)
    if kind == CommandIssued.__name__:
        command = dict(fields["command"])
        fields["command"] = _COMMANDS[command.pop("type")](**command)
    return _EVENTS[kind](**fields)


def key_of(event: Event, delivery: str = "", place: int = 0) -> str:
    """What makes an event unique.

    A command in a comment is the comment, whichever way it was heard of. Else it is the delivery,
    or nothing: a ref may come back to where it was (a force-push and back), so a head alone is
    not unique; doing the same twice is prevented by the jobs, which look at what is there.

    Args:
        event: what happened.
        delivery: the forge's delivery id, "" where there is none.
        place: the event's place among those of one delivery.
    """
    if isinstance(event, CommandIssued) and event.comment:
        return f"comment:{event.repository}:{event.comment}"
    if delivery:
        return f"delivery:{delivery}:{place}"
    return f"{kind_of(event)}:{getattr(event, 'repository', '')}:{uuid.uuid4().hex}"
