"""Putting back what was tested, whatever somebody made of it on the base without the bot."""

from bot.core.decisions import RollbackTo
from bot.core.orders import RollbackOrder
from bot.deploy.drift import see_base
from bot.deploy.put_back import put_back
from bot.landing.context import Watched, World
from bot.landing.drifted import EXTERNAL, find_drift, tested
from bot.landing.outcomes import CommandOutcome
from bot.landing.reverts import ROLLBACK
from components.state.tables.records import Deployment


def restore_drift(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome:
    """Put back the last content that the bot landed or that was adopted; nothing where none was.

    The caller holds the lane.

    Raises:
        Moved, TransientError: as `rollback`.
    """
    store, name = world.store, order.name
    see_base(world, watched, name)
    drift = find_drift(store, watched.name, name)
    if drift is None:
        return nothing_drifted(world, watched, name)
    if drift.held:
        words = f"{name} {drift.back} is on hold: `algoops unhold {name} {drift.back}` lifts that"
        return CommandOutcome(ok=False, code="held", message=words)
    before = tested(store, watched.name, name)
    newest = store.deployments.list(watched.name, name, limit=1)
    target = RollbackTo(before.version, before.tree) if before else RollbackTo("", "")
    return put_back(world, watched, order, newest[0] if newest else None, target)


def nothing_drifted(world: World, watched: Watched, name: str) -> CommandOutcome:
    """What is true of a strategy that nobody changed on the base without the bot."""
    path = f"{watched.where.root}/{name}"
    there = watched.where.repository.tree_at(watched.forge.base(), path)
    newest = world.store.deployments.list(watched.name, name, limit=1)
    if there is None and not newest:
        words = f"there is no strategy {name}: {watched.base_branch} does not have {path}"
        return CommandOutcome(ok=False, code="not_found", message=words)
    words = f"{name} {_standing(newest)}: nobody changed that without the bot"
    return CommandOutcome(ok=False, code="not_drifted", message=words)


def _standing(newest: list[Deployment]) -> str:
    """How a strategy came to be on the base, or off it, in words."""
    if not newest:
        return "is as it was when the bot first looked, and its definition cannot be read"
    last = newest[0]
    day, by = last.deployed_at[:10], last.actor
    if not last.version:
        return f"is not on the base any more, it was removed on {day} by {by}"
    how = "was rolled back to" if last.kind == ROLLBACK else "was deployed"
    if last.kind == EXTERNAL:
        how, by = "was found on the base", "the bot"
    if last.kind == EXTERNAL and last.proposal:
        return f"{last.version} is on the base since {day}, {last.reason}"
    return f"{last.version} {how} on {day} by {by}"
