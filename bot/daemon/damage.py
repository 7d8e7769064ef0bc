"""A damaged repository: told once where a job meets it, and looked at until it is mended."""

import structlog

from bot.landing.context import Watched, World
from bot.proposals.ask import LATER, ask_check
from components.safe_tools.damage import RepositoryDamaged
from components.schema.results.values import Verdict

log = structlog.get_logger(__name__)


def note_damage(world: World, repository: str, error: RepositoryDamaged) -> None:
    """A job met it: log and health name the repository until the object can be read again."""
    if error.object_id:
        world.store.meta.put(_key(repository), error.object_id)
    world.troubles.note(_what(repository), str(error))
    if world.troubles.is_news(_what(repository), str(error)):
        log.error("a repository is damaged", repository=repository, why=str(error))


def look_again(world: World, watched: Watched) -> None:
    """Whether the object that was missing or corrupt is there again; then what broke is checked."""
    damaged = world.store.meta.get(_key(watched.name))
    if not damaged:
        return
    try:
        watched.where.repository.require_sound(damaged)
    except RepositoryDamaged as error:
        note_damage(world, watched.name, error)
        return
    world.store.meta.put(_key(watched.name), "")
    world.troubles.over(_what(watched.name))
    log.info("a repository is mended", repository=watched.name, object=damaged)
    for proposal in watched.forge.proposals():
        last = world.store.runs.latest(watched.name, proposal.id, head=proposal.head)
        if last is not None and last.verdict is Verdict.ERROR:
            ask_check(world, watched.name, proposal.id, proposal.actor, LATER, force=True)


def _key(repository: str) -> str:
    return f"damaged:{repository}"


def _what(repository: str) -> str:
    return f"repository {repository}"
