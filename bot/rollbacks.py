"""Rollbacks: one strategy's folder as it was in an earlier version, whatever else has landed since.

The same order as a deploy: look, decide, prepare, announce, land, record, settle.
"""

from bot import report as say
from bot.deploy_queue import RollbackOrder
from bot.landing import Revert, announce_rollback, finish_open, finish_rollback
from bot.outcomes import CommandOutcome, read
from bot.plan import Refuse, RollbackTo, plan_rollback
from bot.world import Watched, World
from components.state import Lifecycle
from components.state.records import Version

EVERY = 10_000


def rollback(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome:
    """Restore an earlier version, or say why not.

    Raises:
        Moved: the base moved under our hands; the job is tried again.
        TransientError: the forge failed; the job is tried again.
    """
    if not order.reason.strip():
        return CommandOutcome(
            ok=False, code="reason_missing", message="say why: a rollback needs a reason"
        )
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


def _decide(
    world: World, watched: Watched, order: RollbackOrder, live: Version | None
) -> RollbackTo | Refuse:
    versions = world.store.versions.list(watched.name, order.name, limit=EVERY)
    releases = {v.version: v.tree for v in versions if v.deployed_at and v.tree}
    landings = world.store.deployments.list(repository=watched.name, name=order.name, limit=EVERY)
    history = tuple(d.version for d in reversed(landings) if d.version)
    held = {h.version for h in world.store.holds.list(watched.name, order.name, limit=EVERY)}
    wanted = order.version or _version_of_commit(order.commit, versions)
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
        left=live.version,
        to=target.version,
        tree=target.tree,
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
