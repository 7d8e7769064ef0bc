"""Rollbacks: one strategy's folder as it was in an earlier version, whatever else has landed since.

The same order as a deploy: look, decide, prepare, announce, land, record, settle. Where it cannot
land at once, because others have to approve it, whoever asked is told what it waits for.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.core.decisions import Refuse, RollbackTo, plan_rollback
from bot.core.orders import RollbackOrder
from bot.landing.context import Watched, World
from bot.landing.land import ABANDONED
from bot.landing.outcomes import WAITING, CommandOutcome, keep, read
from bot.landing.reverts import (
    ACCEPTED,
    OWN,
    ROLLBACK,
    Restored,
    Revert,
    announce_rollback,
    finish_rollback,
    open_rollback,
    revert_from,
)
from bot.landing.unfinished import finish_open, refuse_unknown
from bot.report import markdown
from components.errors import AlgoOpsError, Waiting
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
        under_way = _under_way(world, watched, order)
        if under_way is not None:
            return under_way
        refuse_unknown(unknown, order.name)
        by_another = _rolled_back_meanwhile(world, watched, order)
        if by_another is not None:
            return by_another
        decide = revert_landing if order.whole else _roll_back_one
        return decide(world, watched, order)


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
        return _finished_or_waiting(world, watched, intent, key)
    if isinstance(watched.forge, ProposesRollbacks) or watched.forge.base() == revert.base:
        intent = world.store.intents.learn(intent.id, ACCEPTED, "yes")
        return _finished_or_waiting(world, watched, intent, key)
    world.store.intents.settle(intent.id, ABANDONED)  # its commit is of a base that moved on
    return _roll_back_one(world, watched, replace(revert.order, offered=False, key=key))


def _under_way(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome | None:
    """What is to be said where a rollback of this strategy is announced and waits already."""
    try:
        intent = open_rollback(world, watched, name=order.name)
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
    return _finished_or_waiting(world, watched, intent, order.key)


def _rolled_back_meanwhile(
    world: World, watched: Watched, order: RollbackOrder
) -> CommandOutcome | None:
    """Two who ask for the same at once mean one rollback, not one of what it has restored."""
    now = world.store.deployments.current(watched.name, order.name)
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


def _finished_or_waiting(
    world: World, watched: Watched, intent: Intent, key: str
) -> CommandOutcome:
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


def _roll_back_one(world: World, watched: Watched, order: RollbackOrder) -> CommandOutcome:
    live = world.store.versions.deployed(watched.name, order.name)
    decision = _decide(world, watched, order, live)
    if isinstance(decision, Refuse):
        return _no(decision)
    if live is None:
        return _no(Refuse("not_deployed", "nothing is deployed"))
    return _revert(world, watched, order, live, decision)


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

    commit, branch = _adopted(watched, branch, make, make(base))
    restored = tuple(_restored(world, watched, commit, d) for d in together)
    refusal = next((r for r in (_odd(world, watched, commit, i) for i in restored) if r), None)
    if refusal is not None:
        return _no(refusal)
    return _land(world, watched, Revert(order, commit, base, message, restored, branch))


def _land(world: World, watched: Watched, revert: Revert) -> CommandOutcome:
    intent = announce_rollback(world, watched, revert)
    return _finished_or_waiting(world, watched, intent, revert.order.key)


def _adopted(
    watched: Watched, branch: str, make: Callable[[str], str], made: str
) -> tuple[str, str]:
    """The commit to propose and its branch: what an earlier try left there, where it does the same.

    Args:
        watched: the repository.
        branch: what the bot calls the branch of this rollback.
        make: makes the rollback's commit on a base.
        made: the one on today's base.
    """
    if not isinstance(watched.forge, ProposesRollbacks):
        return made, branch
    there = watched.forge.own_branch(branch)
    if not there:
        return made, branch
    if _does_the_same(watched, there, make):
        return there, branch
    return made, f"{branch}-{made[:12]}"  # somebody's own work: it stays as it is


def _does_the_same(watched: Watched, commit: str, make: Callable[[str], str]) -> bool:
    """Whether a commit changes exactly what this rollback changes, on a commit of the base."""
    repository = watched.where.repository
    parents = repository.parents(commit)
    if len(parents) != 1 or not repository.is_ancestor(parents[0], watched.forge.base()):
        return False
    try:
        own = make(parents[0])
    except AlgoOpsError:  # on that commit there was nothing to take back
        return False
    return repository.tree_of(own) == repository.tree_of(commit)


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
    prefix = f"{OWN}revert-" if isinstance(watched.forge, ProposesRollbacks) else "rollback/"
    branch = f"{prefix}{order.name}-{live.version}-to-{target.version}"

    def make(on: str) -> str:
        return repository.revert_folder(on, path, target.tree, message)

    commit, branch = _adopted(watched, branch, make, make(base))
    restored = (Restored(order.name, live.version, target.version, target.tree),)
    return _land(world, watched, Revert(order, commit, base, message, restored, branch))


def _message(order: RollbackOrder, live: Version, target: RollbackTo) -> str:
    return (
        f"Roll back {order.name} from {live.version} to {target.version}\n\n"
        f"{order.reason.strip()}\n\n"
        f"Reverts: {live.commit}\n"
        f"Restored-version: {target.version}\n"
        f"Restored-tree: {target.tree}\n"
        f"Rolled-back-by: {order.actor}\n"
    )
