"""Rollbacks: one strategy's folder as it was in an earlier version, whatever else has landed since.

The same order as a deploy: look, decide, prepare, announce, land, record, settle.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bot import report as say
from bot.deploys import ABANDONED, DONE, base_key
from bot.failpoints import failpoint
from bot.outcomes import CommandOutcome
from bot.plan import Refuse, RollbackTo, plan_rollback
from bot.server.backend import StrategyChanged
from bot.world import Watched, World
from components.errors import Moved, UserError
from components.ports import Landing
from components.state import Lifecycle
from components.state.records import Intent, Version

KIND = "rollback"
EVERY = 10_000


@dataclass(frozen=True)
class RollbackOrder:
    """Who wants which strategy back at which version ("" is the one before), and why."""

    name: str
    actor: str
    reason: str
    version: str = ""
    commit: str = ""


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
    commit = repository.revert_folder(base, path, target.tree, message)
    failpoint("rollback.prepared")
    intent = world.store.intents.announce(
        KIND,
        watched.name,
        f"{order.name}:{live.version}->{target.version}@{base}",
        {
            "commit": commit,
            "base": base,
            "message": message,
            "order": asdict(order),
            "from": live.version,
            "to": target.version,
            "tree": target.tree,
        },
    )
    failpoint("rollback.announced")
    return finish_rollback(world, watched, intent)


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


def finish_rollback(world: World, watched: Watched, intent: Intent) -> CommandOutcome:
    """Do what was announced, from wherever it stopped: land, record (with the hold), settle.

    Raises:
        Moved: the base moved before the landing; the intent is abandoned, nothing is done.
    """
    details = intent.details
    order = RollbackOrder(**details["order"])
    before, target = details["from"], details["to"]
    landing = Landing(
        commit=details["commit"],
        expected_base=details["base"],
        message=details["message"],
        branch=f"algoops/revert-{order.name}-{before}-{details['base'][:12]}",
    )
    try:
        commit = watched.forge.land(landing)
    except (Moved, UserError):
        world.store.intents.settle(intent.id, ABANDONED)
        raise
    failpoint("rollback.landed")
    _record(world, watched, order, details, commit)
    failpoint("rollback.recorded")
    world.store.intents.settle(intent.id, DONE)
    failpoint("rollback.settled")
    world.progress.tell(StrategyChanged(order.name))
    return CommandOutcome(
        ok=True,
        code="rolled_back",
        message=say.rolled_back(order.name, target, commit, before, order.reason),
        data={"commit": commit, "version": target, "held": before, "name": order.name},
    )


def _record(
    world: World,
    watched: Watched,
    order: RollbackOrder,
    details: Mapping[str, str],
    commit: str,
) -> None:
    store, before, target = world.store, details["from"], details["to"]
    with store.transaction():
        known = store.deployments.current(watched.name, order.name)
        if known is not None and known.commit == commit:
            return
        store.deployments.record(
            watched.name,
            order.name,
            target,
            kind=KIND,
            commit=commit,
            actor=order.actor,
            reason=order.reason,
            base_before=details["base"],
            tree=details["tree"],
        )
        store.strategies.transition(
            watched.name,
            order.name,
            Lifecycle.ROLLED_BACK,
            actor=order.actor,
            reason=order.reason,
            version=before,
        )
        store.strategies.transition(
            watched.name,
            order.name,
            Lifecycle.DEPLOYED,
            actor=order.actor,
            reason=f"rolled back from {before}",
            version=target,
        )
        store.holds.hold(watched.name, order.name, before, order.actor, order.reason)
        store.meta.put(base_key(watched.name), commit)


def _message(order: RollbackOrder, live: Version, target: RollbackTo) -> str:
    return (
        f"Roll back {order.name} from {live.version} to {target.version}\n\n"
        f"{order.reason.strip()}\n\n"
        f"Reverts: {live.commit}\n"
        f"Restored-version: {target.version}\n"
        f"Restored-tree: {target.tree}\n"
        f"Rolled-back-by: {order.actor}\n"
    )
