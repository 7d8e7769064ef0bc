"""Rollbacks: one strategy's folder as it was in an earlier version, whatever else has landed since.

The same order as a deploy: look, decide, prepare, announce, land, record, settle.
"""

from collections.abc import Sequence

from bot import report as say
from bot.deploy_queue import RollbackOrder
from bot.landing import (
    Restored,
    Revert,
    announce_rollback,
    finish_open,
    finish_rollback,
)
from bot.outcomes import CommandOutcome, read
from bot.plan import Refuse, RollbackTo, plan_rollback
from bot.world import Watched, World
from components.state import Lifecycle
from components.state.records import Deployment, Version

EVERY = 10_000


def rollback(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome:
    """Restore an earlier version, or say why not.

    Raises:
        Moved: the base moved under our hands; the job is tried again.
        TransientError: the forge failed; the job is tried again.
    """
    if not order.reason.strip():
        return _no(Refuse("reason_missing", "say why: a rollback needs a reason"))
    if order.whole:
        return revert_landing(world, watched, order)
    with watched.lane:
        watched.forge.fetch()
        finish_open(world, watched)
        done = read(world.store, order.key)
        if done is not None:
            return done
        live = world.store.versions.deployed(watched.name, order.name)
        decision = _decide(world, watched, order, live)
        if isinstance(decision, Refuse) or live is None:
            reason = decision.reason if isinstance(decision, Refuse) else "nothing is deployed"
            code = decision.code if isinstance(decision, Refuse) else "not_deployed"
            return CommandOutcome(ok=False, code=code, message=reason)
        return _revert(world, watched, order, live, decision)


def revert_landing(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome:
    """Take back everything that landed together with a strategy's live version.

    Raises:
        Conflict: what landed since touches the same lines; carries the paths.
        Moved, TransientError: as `rollback`.
    """
    with watched.lane:
        watched.forge.fetch()
        finish_open(world, watched)
        done = read(world.store, order.key)
        if done is not None:
            return done
        landing = world.store.deployments.current(watched.name, order.name)
        if landing is None:
            return _no(Refuse("not_deployed", f"nothing is deployed under {order.name}"))
        together = [
            d
            for d in world.store.deployments.list(repository=watched.name, limit=EVERY)
            if d.commit == landing.commit and d.version
        ]
        moved_on = [d.name for d in together if not _is_live(world, watched, d)]
        if moved_on:
            names = ", ".join(moved_on)
            words = f"{names} moved on since that landing: roll back one by one"
            return _no(Refuse("moved_on", words))
        return _revert_together(world, watched, order, landing.commit, together)


def _is_live(world: World, watched: Watched, landed: Deployment) -> bool:
    current = world.store.deployments.current(watched.name, landed.name)
    return current is not None and current.id == landed.id


def _revert_together(
    world: World,
    watched: Watched,
    order: RollbackOrder,
    landing: str,
    together: Sequence[Deployment],
) -> CommandOutcome:
    base, repository = watched.forge.base(), watched.where.repository
    names = ", ".join(f"{d.name} {d.version}" for d in together)
    message = (
        f"Revert the landing of {names}\n\n{order.reason.strip()}\n\n"
        f"Reverts: {landing}\nRolled-back-by: {order.actor}\n"
    )
    commit = repository.revert_commit(base, landing, message)
    restored = tuple(_restored(world, watched, commit, d) for d in together)
    refusal = next((r for r in (_odd(world, watched, commit, i) for i in restored) if r), None)
    if refusal is not None:
        return _no(refusal)
    revert = Revert(order, commit, base, message, restored)
    return finish_rollback(world, watched, announce_rollback(world, watched, revert))


def _odd(world: World, watched: Watched, commit: str, item: Restored) -> Refuse | None:
    """Why the base may not become what a revert would make of it; looked at before it lands."""
    hold = world.store.holds.active(watched.name, item.name, item.to)
    if hold is not None:  # the landing was itself a rollback: it would bring back what it left
        words = f"{item.name} {item.to} would be live again and is held ({hold.reason})"
        return Refuse("held", f"{words}: lift the hold first, or roll back one by one")
    path = f"{watched.where.root}/{item.name}"
    if not item.to and watched.where.repository.tree_at(commit, path):
        words = f"{item.name} would become content that was never released"
        return Refuse("not_released", f"{words}: roll back one by one")
    return None


def _restored(world: World, watched: Watched, commit: str, landed: Deployment) -> Restored:
    path = f"{watched.where.root}/{landed.name}"
    tree = watched.where.repository.tree_at(commit, path) or ""
    versions = world.store.versions.list(watched.name, landed.name, limit=EVERY)
    back = next((v.version for v in versions if v.deployed_at and tree and v.tree == tree), "")
    return Restored(landed.name, landed.version, back, tree if back else "")


def _no(refusal: Refuse) -> CommandOutcome:
    return CommandOutcome(ok=False, code=refusal.code, message=refusal.reason)


def _decide(
    world: World, watched: Watched, order: RollbackOrder, live: Version | None
) -> RollbackTo | Refuse:
    versions = world.store.versions.list(watched.name, order.name, limit=EVERY)
    releases = {v.version: v.tree for v in versions if v.deployed_at and v.tree}
    landings = world.store.deployments.list(repository=watched.name, name=order.name, limit=EVERY)
    history = tuple(d.version for d in reversed(landings) if d.version)
    held = {h.version for h in world.store.holds.list(watched.name, order.name, limit=EVERY)}
    wanted = order.version or _version_of_commit(order.commit, versions)
    if order.tree and live is not None and live.tree != order.tree:
        return Refuse("moved_on", f"{live.version} is live by now, with other content")
    if order.commit and not wanted:
        return Refuse("unknown_version", f"no version was deployed as {order.commit[:12]}")
    return plan_rollback(
        (live.version, live.tree) if live is not None else None,
        wanted.removeprefix("v"),
        releases,
        _not_rolled_back(history, versions),
        held,
    )


def _not_rolled_back(history: tuple[str, ...], versions: list[Version]) -> tuple[str, ...]:
    bad = {v.version for v in versions if v.lifecycle is Lifecycle.ROLLED_BACK}
    return tuple(v for v in history if v not in bad)


def _version_of_commit(commit: str, versions: list[Version]) -> str:
    found = [
        v.version for v in versions if commit and v.deployed_at and v.commit.startswith(commit)
    ]
    return found[0] if found else ""


def _revert(
    world: World, watched: Watched, order: RollbackOrder, live: Version, target: RollbackTo
) -> CommandOutcome:
    base = watched.forge.base()
    path = f"{watched.where.root}/{order.name}"
    repository = watched.where.repository
    if repository.tree_at(base, path) == target.tree:
        return CommandOutcome(
            ok=False, code="already_live", message=f"{target.version} is what {path} holds already"
        )
    message = _message(order, live, target)
    revert = Revert(
        order=order,
        commit=repository.revert_folder(base, path, target.tree, message),
        base=base,
        message=message,
        restored=(Restored(order.name, live.version, target.version, target.tree),),
    )
    return finish_rollback(world, watched, announce_rollback(world, watched, revert))


def propose_rollback(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome:
    """Offer a rollback as a proposal, for a person to look at and deploy.

    Raises:
        UserError: the forge refused it.
    """
    with watched.lane:
        watched.forge.fetch()
        live = world.store.versions.deployed(watched.name, order.name)
        decision = _decide(world, watched, order, live)
        if isinstance(decision, Refuse) or live is None:
            reason = decision.reason if isinstance(decision, Refuse) else "nothing is deployed"
            return CommandOutcome(ok=False, code="refused", message=reason)
        message = _message(order, live, decision)
        commit = watched.where.repository.revert_folder(
            watched.forge.base(), f"{watched.where.root}/{order.name}", decision.tree, message
        )
        branch = f"rollback/{order.name}-{live.version}-to-{decision.version}"
        title = message.partition("\n")[0]
        proposal = watched.forge.propose(branch, commit, title, order.reason)
    return CommandOutcome(
        ok=True,
        code="proposed",
        message=say.rollback_proposed(order.name, decision.version, proposal),
        data={"proposal": proposal, "version": decision.version},
    )


def _message(order: RollbackOrder, live: Version, target: RollbackTo) -> str:
    return (
        f"Roll back {order.name} from {live.version} to {target.version}\n\n"
        f"{order.reason.strip()}\n\n"
        f"Reverts: {live.commit}\n"
        f"Restored-version: {target.version}\n"
        f"Restored-tree: {target.tree}\n"
        f"Rolled-back-by: {order.actor}\n"
    )
