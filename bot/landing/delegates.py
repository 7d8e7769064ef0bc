"""Who may deploy one proposal without write access, because somebody who has it said so."""

import json

from bot.core.authors import AuthorKind
from bot.core.events import Cancel, Check, Command, Deploy, Status
from bot.landing.context import Watched, World
from bot.landing.outcomes import CommandOutcome
from bot.report import markdown


def delegate(world: World, watched: Watched, proposal_id: str, user: str) -> CommandOutcome:
    """Let a person give a proposal's commands, until it is closed. Never an agent."""
    if watched.authors.kind(user) is AuthorKind.AGENT:
        words = f"{user} is an agent: only a person can be asked to deploy"
        return CommandOutcome(ok=False, code="refused", message=words)
    with world.store.transaction():
        users = {*_delegates(world, watched, proposal_id), user.casefold()}
        world.store.meta.put(_key(watched, proposal_id), json.dumps(sorted(users)))
    return CommandOutcome(ok=True, code="delegated", message=markdown.delegated(user))


def may_as_delegate(
    world: World, watched: Watched, proposal_id: str, actor: str, command: Command
) -> bool:
    """Whether somebody may give a command because this proposal was delegated to them."""
    if not isinstance(command, Deploy | Check | Cancel | Status):
        return False
    return actor.casefold() in _delegates(world, watched, proposal_id)


def _delegates(world: World, watched: Watched, proposal_id: str) -> list[str]:
    return [
        str(user) for user in json.loads(world.store.meta.get(_key(watched, proposal_id), "[]"))
    ]


def _key(watched: Watched, proposal_id: str) -> str:
    return f"delegates:{watched.name}:{proposal_id}"
