"""Payloads that wait for work: each carries the number of its format, so that an upgrade reads it.

Jobs, intents, events and outcomes may be written by one version of the program and be read by the
next. Format 0 carries no number: version 0.1 wrote it. What a newer one wrote is not guessed at.
"""

from collections.abc import Mapping
from typing import Any

from components.state.db.database import decode, encode

FORMAT = 1
"""Raise it when a payload changes so that it cannot be read by defaults, and upgrade in `read`."""

_KEY = "format"


def written(payload: Mapping[str, Any]) -> str:
    """The JSON of a payload, with its format's number."""
    return encode({**payload, _KEY: FORMAT})


def read(text: str) -> tuple[dict[str, Any], int]:
    """What `written` wrote, and in which format. From 0 to 1 only fields with defaults came."""
    document = decode(text)
    return document, int(document.pop(_KEY, 0))


def is_newer(number: int) -> bool:
    """Whether only a newer program knows what a payload of this format means."""
    return number > FORMAT
