"""A rollback that was decided: its commit and branch, its landing, and what it waits for."""

from collections.abc import Callable

from bot.core.decisions import RollbackTo
from bot.core.orders import RollbackOrder
from bot.landing.context import Watched, World
from bot.landing.outcomes import WAITING, CommandOutcome, keep
from bot.landing.own_commits import OWN
from bot.landing.reverts import (
    ACCEPTED,
    ROLLBACK,
    Restored,
    Revert,
    announce_rollback,
    finish_rollback,
    revert_from,
)
from bot.landing.stages import place_of
from bot.report import markdown
from components.errors import AlgoOpsError, Waiting
from components.ports import ProposesRollbacks
from components.state.tables.records import Deployment, Intent, Version


def land_revert(world: World, watched: Watched, revert: Revert) -> CommandOutcome:
    """Announce it, land it, and say how it ended or what it waits for."""
    intent = announce_rollback(world, watched, revert)
    return finished_or_waiting(world, watched, intent, revert.order.key)


def finished_or_waiting(world: World, watched: Watched, intent: Intent, key: str) -> CommandOutcome:
    """How it ended; that it waits is kept while the lane is held, for its end overwrites it."""
    try:
        return finish_rollback(world, watched, intent)
    except Waiting as waiting:
        outcome = _waits(world, intent, str(waiting))
    keep(world.store, key, outcome)
    return outcome


def _waits(world: World, intent: Intent, why: str) -> CommandOutcome:
    now = next(
        i for i in world.store.intents.open(ROLLBACK, intent.repository) if i.id == intent.id
    )
    named, proposal = revert_from(now).named, str(now.details.get("proposal", ""))
    target = named.to or "nothing"
    message = markdown.rollback_waits(named.name, target, why)
    if revert_from(now).order.offered and not now.details.get(ACCEPTED):
        message = markdown.rollback_proposed(named.name, target, proposal)
    data = {"version": named.to, "held": "", "commit": "", "name": named.name, "proposal": proposal}
    return CommandOutcome(ok=True, code=WAITING, message=message, data=data)


def put_back(
    world: World,
    watched: Watched,
    order: RollbackOrder,
    live: Version | Deployment | None,
    target: RollbackTo,
) -> CommandOutcome:
    """Restore one strategy's folder, on the base or on the stage of the order.

    `live` is what is on record as there now; a target without a version takes the folder away.
    """
    onto = watched.stages[place_of(watched.stages, order.stage)].branch if order.stage else ""
    base = watched.forge.tip(onto) if onto else watched.forge.base()
    path = f"{watched.where.root}/{order.name}"
    repository = watched.where.repository
    if repository.tree_at(base, path) == target.tree:
        return CommandOutcome(
            ok=False, code="already_live", message=f"{target.version} is what {path} holds already"
        )
    message = _message(order, live, target)
    prefix = f"{OWN}revert-" if isinstance(watched.forge, ProposesRollbacks) else "rollback/"
    where = f"{order.stage}-" if order.stage else ""
    left = live.version if live is not None else ""
    branch = f"{prefix}{where}{order.name}-{left or 'nothing'}-to-{target.version or 'nothing'}"

    def make(on: str) -> str:
        return repository.revert_folder(on, path, target.tree or None, message)

    commit, branch = adopted(watched, branch, base, make)
    restored = (Restored(order.name, left, target.version, target.tree),)
    return land_revert(world, watched, Revert(order, commit, base, message, restored, branch, onto))


def adopted(
    watched: Watched, branch: str, base: str, make: Callable[[str], str]
) -> tuple[str, str]:
    """The commit to propose and its branch: what an earlier try left there, where it does the same.

    Args:
        watched: the repository.
        branch: what the bot calls the branch of this rollback.
        base: what it lands on today.
        make: makes the rollback's commit on a base.
    """
    made = make(base)
    if not isinstance(watched.forge, ProposesRollbacks):
        return made, branch
    there = watched.forge.tip(branch)
    if not there:
        return made, branch
    if _does_the_same(watched, there, base, make):
        return there, branch
    return made, f"{branch}-{made[:12]}"  # somebody's own work: it stays as it is


def _does_the_same(watched: Watched, commit: str, base: str, make: Callable[[str], str]) -> bool:
    """Whether a commit changes exactly what this rollback changes, on a commit of the base."""
    repository = watched.where.repository
    parents = repository.parents(commit)
    if len(parents) != 1 or not repository.is_ancestor(parents[0], base):
        return False
    try:
        own = make(parents[0])
    except AlgoOpsError:  # on that commit there was nothing to take back
        return False
    return repository.tree_of(own) == repository.tree_of(commit)


def _message(order: RollbackOrder, live: Version | Deployment | None, target: RollbackTo) -> str:
    reverts = f"Reverts: {live.commit}\n" if live is not None else ""
    return (
        f"{_subject(order, live.version if live is not None else '', target.version)}\n\n"
        f"{order.reason.strip()}\n\n"
        f"{reverts}"
        f"Restored-version: {target.version}\n"
        f"Restored-tree: {target.tree}\n"
        f"Rolled-back-by: {order.actor}\n"
    )


def _subject(order: RollbackOrder, left: str, to: str) -> str:
    """What the commit does, in one line; "" is no version."""
    if not to:
        what = f"{order.name} {left}".strip()
        return f"Take {what} off {order.stage or 'the base'}"
    if left in {"", to}:
        return f"Put back {order.name} {to} as it was tested"
    where = f" on {order.stage}" if order.stage else ""
    return f"Roll back {order.name}{where} from {left} to {to}"
