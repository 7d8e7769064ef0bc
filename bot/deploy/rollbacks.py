"""Rollbacks: one strategy's folder as it was in an earlier version, whatever else has landed since.

The same order as a deploy: look, decide, prepare, announce, land, record, settle. Where it cannot
land at once, because others have to approve it, whoever asked is told what it waits for.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.core.decisions import Refuse, RollbackTo, plan_rollback
from bot.core.orders import RollbackOrder
from bot.deploy.put_back import adopted, finished_or_waiting, land_revert, put_back
from bot.deploy.restore import restore_drift
from bot.deploy.stage_drift import UNRELEASED, see_stages
from bot.landing.context import Watched, World
from bot.landing.drifted import EXTERNAL
from bot.landing.land import ABANDONED
from bot.landing.outcomes import CommandOutcome, read
from bot.landing.own_commits import OWN
from bot.landing.reverts import (
    ACCEPTED,
    ROLLBACK,
    Restored,
    Revert,
    open_rollback,
    revert_from,
)
from bot.landing.stages import key_of, place_of
from bot.landing.unfinished import finish_open, refuse_unknown
from bot.report import markdown
from components.ports import ProposesRollbacks
from components.state import Lifecycle
from components.state.tables.records import Deployment, Intent, Version

EVERY = 10_000


def rollback(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome:
    """Restore an earlier version, or say why not, or what it waits for.

    Raises:
        Moved: the base moved under our hands; the job is tried again.
        TransientError: the forge failed; the job is tried again.
    """
    if not order.reason.strip():
        return _no(Refuse("reason_missing", "say why: a rollback needs a reason"))
    with watched.lane:
        watched.forge.fetch()
        unknown = finish_open(world, watched)
        done = read(world.store, order.key)
        if done is not None:
            return done
        order = _on_its_stage(world, watched, order)
        under_way = _under_way(world, watched, order)
        if under_way is not None:
            return under_way
        refuse_unknown(unknown, order.name)
        by_another = _rolled_back_meanwhile(world, watched, order)
        if by_another is not None:
            return by_another
        return _way(order)(world, watched, order)


def _way(order: RollbackOrder) -> Callable[[World, Watched, RollbackOrder], CommandOutcome]:
    """What carries it out."""
    if order.restore:
        return restore_drift
    if order.stage:
        return _roll_back_stage
    return revert_landing if order.whole else _roll_back_one


def _on_its_stage(world: World, watched: Watched, order: RollbackOrder) -> RollbackOrder:
    """The order with its stage as landings are recorded; what others put there is on record."""
    if not order.stage:
        return order
    place = place_of(watched.stages, order.stage)
    see_stages(world, watched)
    return replace(order, stage=key_of(watched.stages, place))


def continue_rollback(
    world: World, watched: Watched, proposal_id: str, key: str
) -> CommandOutcome | None:
    """Try to land the rollback that is proposed there; None: it is no rollback's proposal.

    `key` is the command's.

    Raises:
        TransientError: the forge failed.
        UserError: it ended without landing.
    """
    with watched.lane:
        for intent in world.store.intents.open(ROLLBACK, watched.name):
            if proposal_id and intent.details.get("proposal") == proposal_id:
                return _accepted(world, watched, intent, key)
    return None


def _accepted(world: World, watched: Watched, intent: Intent, key: str) -> CommandOutcome:
    """A person wants it landed now, also what was only offered."""
    revert = revert_from(intent)
    if not revert.order.offered:
        return finished_or_waiting(world, watched, intent, key)
    if isinstance(watched.forge, ProposesRollbacks) or watched.forge.base() == revert.base:
        intent = world.store.intents.learn(intent.id, ACCEPTED, "yes")
        return finished_or_waiting(world, watched, intent, key)
    world.store.intents.settle(intent.id, ABANDONED)  # its commit is of a base that moved on
    return _roll_back_one(world, watched, replace(revert.order, offered=False, key=key))


def _under_way(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome | None:
    """What is to be said where a rollback of this strategy is announced and waits already."""
    try:
        intent = open_rollback(world, watched, order.name, order.stage)
    except LookupError:
        return None
    named = revert_from(intent).named
    wanted = order.version.removeprefix("v")
    if named.name != order.name or wanted not in {"", named.to} or order.commit:
        where = intent.details.get("proposal", "its pull request")
        words = f"a rollback to {named.to or 'nothing'} waits already: merge or close {where} first"
        return _no(Refuse("under_way", words))
    if not order.offered:
        return _accepted(world, watched, intent, order.key)
    return finished_or_waiting(world, watched, intent, order.key)


def _rolled_back_meanwhile(
    world: World, watched: Watched, order: RollbackOrder
) -> CommandOutcome | None:
    """Two who ask for the same at once mean one rollback, not one of what it has restored."""
    now = world.store.deployments.current(watched.name, order.name, order.stage)
    if now is None or now.kind != ROLLBACK or order.version or order.commit:
        return None
    if not order.asked_at or now.deployed_at <= order.asked_at:
        return None
    return CommandOutcome(
        ok=True,
        code="rolled_back",
        message=markdown.rolled_back_already(order.name, now.version, now.actor),
        data={"version": now.version, "held": "", "commit": now.commit, "name": order.name},
    )


def _roll_back_one(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome:
    live = world.store.versions.deployed(watched.name, order.name)
    decision = _decide(world, watched, order, live)
    if isinstance(decision, Refuse):
        return _no(decision)
    if live is None:
        return _no(Refuse("not_deployed", "nothing is deployed"))
    return put_back(world, watched, order, live, decision)


def revert_landing(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome:
    """Take back everything that landed together with a strategy's live version.

    Raises:
        Conflict: what landed since touches the same lines; carries the paths.
        Moved, TransientError: as `rollback`.
    """
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
        words = f"{', '.join(moved_on)} moved on since that landing: roll back one by one"
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
    branch = f"{OWN}revert-landing-{landing[:12]}"

    def make(on: str) -> str:
        return repository.revert_commit(on, landing, message)

    commit, branch = adopted(watched, branch, base, make)
    restored = tuple(_restored(world, watched, commit, d) for d in together)
    refusal = next((r for r in (_odd(world, watched, commit, i) for i in restored) if r), None)
    if refusal is not None:
        return _no(refusal)
    return land_revert(world, watched, Revert(order, commit, base, message, restored, branch))


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
    held = _held(world, watched, order.name)
    wanted = order.version or _version_of_commit(order.commit, versions)
    if order.tree and live is not None and live.tree != order.tree:
        return Refuse("moved_on", f"{live.version} is live by now, with other content")
    if order.commit and not wanted:
        return _not_of(order.commit)
    return plan_rollback(
        (live.version, live.tree) if live is not None else None,
        wanted.removeprefix("v"),
        releases,
        _not_rolled_back(history, versions),
        held,
    )


def _held(world: World, watched: Watched, name: str) -> set[str]:
    return {h.version for h in world.store.holds.list(watched.name, name, limit=EVERY)}


def _roll_back_stage(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome:
    """An earlier version of what is on a stage; `whole`: as it was before its last landing."""
    landings = [
        d
        for d in world.store.deployments.list(
            watched.name, order.name, stage=order.stage, limit=EVERY
        )
        if d.version != UNRELEASED or d.kind != EXTERNAL
    ]
    live = world.store.deployments.current(watched.name, order.name, order.stage)
    wanted = order.version or _version_of_commit(order.commit, landings)
    if order.commit and not wanted:
        return _no(_not_of(order.commit))
    decision: RollbackTo | Refuse = plan_rollback(
        (live.version, live.tree) if live is not None else None,
        wanted.removeprefix("v"),
        {d.version: d.tree for d in landings if d.version},
        tuple(d.version for d in reversed(landings) if d.version),
        _held(world, watched, order.name),
    )
    if live is None:
        return _no(Refuse("not_deployed", f"{order.name} is not on {order.stage}"))
    if order.whole:
        before = next((d for d in landings if d.id < live.id), None)
        decision = RollbackTo(before.version, before.tree) if before else RollbackTo("", "")
        if decision.version in _held(world, watched, order.name):
            decision = Refuse("held", f"{decision.version} is held: lift the hold first")
    if isinstance(decision, Refuse):
        return _no(decision)
    return put_back(world, watched, order, live, decision)


def _not_rolled_back(history: tuple[str, ...], versions: list[Version]) -> tuple[str, ...]:
    bad = {v.version for v in versions if v.lifecycle is Lifecycle.ROLLED_BACK}
    return tuple(v for v in history if v not in bad)


def _not_of(commit: str) -> Refuse:
    return Refuse("unknown_version", f"no version was deployed as {commit[:12]}")


def _version_of_commit(commit: str, versions: Sequence[Version | Deployment]) -> str:
    found = [
        v.version for v in versions if commit and v.deployed_at and v.commit.startswith(commit)
    ]
    return found[0] if found else ""
