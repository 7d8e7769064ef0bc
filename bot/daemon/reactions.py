"""Reactions to the comments that commands came in: seen, done, refused. They need no words."""

from typing import Protocol, runtime_checkable

import structlog

from components.errors import AlgoOpsError
from components.forge.github_values import Reaction
from components.ports import Forge

log = structlog.get_logger(__name__)


@runtime_checkable
class Reacting(Protocol):
    """A forge whose comments can be reacted to."""

    def react(self, comment_id: str, reaction: Reaction) -> None:
        """React to a comment."""


def seen(forge: Forge, comment: str) -> None:
    """The command was taken; `comment` is "" where it did not come in one."""
    _react(forge, comment, Reaction.SEEN)


def settled(forge: Forge, comment: str, *, ok: bool) -> None:
    """The command was done, or refused."""
    _react(forge, comment, Reaction.DONE if ok else Reaction.REFUSED)


def _react(forge: Forge, comment: str, reaction: Reaction) -> None:
    if not comment or not isinstance(forge, Reacting):
        return
    try:
        forge.react(comment, reaction)
    except AlgoOpsError as error:
        # The command itself matters; a missing reaction is a courtesy lost.
        log.warning("no reaction", comment=comment, reaction=reaction.value, why=str(error))
