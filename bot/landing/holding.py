"""Holds: which one forbids a strategy, by its version or by its content; and how one is set."""

from collections.abc import Mapping

from bot.checks.held import content_of
from bot.landing.context import Watched, World
from components.errors import UserError
from components.state.tables.records import HeldVersion

EVERY = 10_000
SHOWN = 20


def find_hold(
    world: World, watched: Watched, name: str, version: str, files: Mapping[str, bytes]
) -> HeldVersion | None:
    """The hold that forbids this version, or this content under another version or name."""
    own = world.store.holds.active(watched.name, name, version)
    if own is not None:
        return own
    active = world.store.holds.list(watched.name, limit=EVERY)
    if not active:
        return None
    content = content_of(files)
    return next((hold for hold in active if _content(world, watched, hold) == content), None)


def _content(world: World, watched: Watched, hold: HeldVersion) -> str:
    """What is held; of a hold that was set before contents were kept, what landed under it."""
    return hold.content or content_of_version(world, watched, hold.name, hold.version)


def content_of_version(world: World, watched: Watched, name: str, version: str) -> str:
    """What a version consists of (see `bot.checks.held`), "" where its files are not there."""
    known = world.store.versions.get(watched.name, name, version)
    repository = watched.where.repository
    if known is None or not known.tree or repository.objects.header(known.tree) is None:
        return ""
    return content_of(repository.read_folder(known.tree).files)


def set_hold(
    world: World, watched: Watched, name: str, version: str, *, actor: str, reason: str
) -> HeldVersion:
    """Hold a version and its content. The caller has the lane.

    Raises:
        UserError: there is no such version; names those that there are.
    """
    if world.store.versions.get(watched.name, name, version) is None:
        known = world.store.versions.list(watched.name, name, limit=EVERY)
        names = list(dict.fromkeys(v.version for v in known if v.version))
        more = ", ..." if len(names) > SHOWN else ""
        raise UserError(
            f"there is no {name} {version} to hold; known: {', '.join(names[:SHOWN]) or 'none'}"
            + more
        )
    content = content_of_version(world, watched, name, version)
    return world.store.holds.hold(watched.name, name, version, actor, reason, content=content)
