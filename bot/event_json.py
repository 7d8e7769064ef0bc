"""Events as JSON, for the inbox: what was received is stored before it is acted on."""

from dataclasses import asdict
from typing import Any

from bot.events import (
    BaseMoved,
    Cancel,
    Check,
    Command,
    CommandIssued,
    Deploy,
    Event,
    Help,
    Hold,
    ProposalChanged,
    ProposalClosed,
    Rollback,
    Status,
    Tick,
    Unhold,
)

_EVENTS: dict[str, type[Event]] = {
    cls.__name__: cls for cls in (ProposalChanged, ProposalClosed, BaseMoved, CommandIssued, Tick)
}
_COMMANDS: dict[str, type[Command]] = {
    cls.__name__: cls for cls in (Check, Deploy, Rollback, Hold, Unhold, Cancel, Status, Help)
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
