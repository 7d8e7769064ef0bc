"""Deploys: a proposal lands exactly as it was tested, announced before and settled after.

The order is: look, decide (bot.plan), prepare objects, announce the intent, land, record, settle.
After a crash anywhere, `finish_deploy` goes on from the announced intent.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bot import report as say
from bot.check_job import (
    CheckRequest,
    checked,
    known_verdict,
    publish,
    record_run,
    reported_head,
)
from bot.check_run import read_subject, take_snapshot
from bot.checks import prepare
from bot.failpoints import failpoint
from bot.moves import Moves, make_ready
from bot.outcomes import CommandOutcome
from bot.plan import (
    Candidate,
    DeployFacts,
    Refuse,
    RunFirst,
    Snapshot,
    StrategyChange,
    plan_deploy,
)
from bot.server.backend import StrategyChanged
from bot.world import Watched, World
from components.errors import Moved, UserError
from components.ports import Landing, Proposal, Tag
from components.state import Content, Lifecycle
from components.state.records import Intent

KIND = "deploy"
ABANDONED = "abandoned"
DONE = "done"


@dataclass(frozen=True)
class DeployOrder:
    """Who wants what landed.

    Attributes:
        name: the strategy that was named, "" for whatever the proposal changes.
        sha: the commit that the person named, "" for the reported one.
        tag_version: version for the tag's name instead of the definition's, "" for that.
    """

    proposal: str
    actor: str
    name: str = ""
    sha: str = ""
    message: str = ""
    create_tag: bool = True
    tag_version: str = ""


@dataclass(frozen=True)
class Landed:
    """One strategy of a landing, as it is recorded. Trees are git ids; None: removed."""

    name: str
    version: str
    tree: str | None
    content_key: str
    tag: str


def deploy(world: World, watched: Watched, order: DeployOrder) -> CommandOutcome:
    """Land a proposal, or say why not.

    Raises:
        Moved: base or head moved under our hands more than once; the job is tried again.
        TransientError: the forge failed; the job is tried again.
    """
    with watched.lane:
        watched.forge.fetch()
        proposal = watched.forge.proposal(order.proposal)
        if proposal is None:
            return _gone(world, watched, order)
        return _decide(world, watched, proposal, order, may_check=True)


def _gone(world: World, watched: Watched, order: DeployOrder) -> CommandOutcome:
    """No such open proposal: it has landed already, or its version is on hold, or never was."""
    known = [
        d
        for d in world.store.deployments.list(repository=watched.name, limit=100)
        if d.proposal == order.proposal
    ]
    for done in known:
        hold = world.store.holds.active(watched.name, done.name, done.version)
        if hold is not None and (not order.name or done.name == order.name):
            return CommandOutcome(
                ok=False, code="held", message=say.held(done.name, done.version, hold.reason)
            )
    if known:
        return CommandOutcome(
            ok=True,
            code="unchanged",
            message=say.already_deployed(known[0].commit),
            data={"commit": known[0].commit, "tag": known[0].tag, "name": known[0].name},
        )
    return CommandOutcome(
        ok=False, code="not_found", message=f"there is no open proposal {order.proposal}"
    )


def _decide(
    world: World, watched: Watched, proposal: Proposal, order: DeployOrder, *, may_check: bool
) -> CommandOutcome:
    base = watched.forge.base()
    snapshot = take_snapshot(watched.where, proposal, base)
    candidates = _candidates(world, watched, snapshot)
    decision = plan_deploy(
        DeployFacts(
            snapshot=snapshot,
            reported_head=reported_head(world, watched, proposal.id),
            wanted_sha=order.sha,
            candidates=candidates,
        )
    )
    if isinstance(decision, Refuse):
        return CommandOutcome(ok=False, code=decision.code, message=decision.reason)
    if isinstance(decision, RunFirst):
        if not may_check:
            names = ", ".join(decision.names)
            return CommandOutcome(
                ok=False, code="error", message=f"the checks of {names} could not be completed"
            )
        _check_first(world, watched, snapshot)
        return _decide(world, watched, proposal, order, may_check=False)
    return _land(world, watched, snapshot, order, candidates)


def _candidates(world: World, watched: Watched, snapshot: Snapshot) -> tuple[Candidate, ...]:
    """Each strategy of the merge result with what is known of exactly this content."""
    changes = (c for c in snapshot.changes if c.new_tree is not None)
    return tuple(_candidate(world, watched, change) for change in changes)


def _candidate(world: World, watched: Watched, change: StrategyChange) -> Candidate:
    prepared = prepare(read_subject(watched.where, change), world.bench)
    stored = known_verdict(world.store, prepared.key)
    hold = world.store.holds.active(watched.name, change.name, prepared.version)
    released = world.store.versions.landed(watched.name, change.name, prepared.version)
    return Candidate(
        name=change.name,
        version=prepared.version,
        tree=change.new_tree or "",
        content_key=prepared.key,
        verdict=stored.verdict if stored is not None else None,
        held=hold.reason if hold is not None else "",
        released_tree=released.tree if released is not None else "",
    )


def _check_first(world: World, watched: Watched, snapshot: Snapshot) -> None:
    """The merge result changed since its report: check it as it would land now, and say so."""
    proposal = snapshot.proposal
    run = world.store.runs.start(watched.name, proposal.id, proposal.head, snapshot.base, KIND)
    flag = world.running.begin(watched.name, proposal.id, proposal.head)
    moves = Moves(world.store, watched.name, snapshot, flag)
    moves.queued()
    request = CheckRequest(proposal.id, asked=True)
    try:
        plan, report = checked(world, watched, snapshot, run, request, moves)
    finally:
        world.running.end(watched.name, proposal.id, flag)
    record_run(world, run, report, moves, plan)
    publish(world, watched, proposal, report)


def _land(
    world: World,
    watched: Watched,
    snapshot: Snapshot,
    order: DeployOrder,
    candidates: Sequence[Candidate],
) -> CommandOutcome:
    landed = _landed(snapshot, order, candidates)
    message = order.message or merge_message(snapshot, landed, order.actor)
    commit = watched.where.repository.commit_merge(
        snapshot.base, snapshot.head, snapshot.merge_tree, message
    )
    failpoint("deploy.prepared")
    intent = world.store.intents.announce(
        KIND,
        watched.name,
        f"{snapshot.proposal.id}@{snapshot.head}",
        {
            "commit": commit,
            "base": snapshot.base,
            "head": snapshot.head,
            "ref": snapshot.proposal.ref,
            "message": message,
            "order": asdict(order),
            "landed": [asdict(item) for item in landed],
        },
    )
    failpoint("deploy.announced")
    return finish_deploy(world, watched, intent)


def _landed(
    snapshot: Snapshot, order: DeployOrder, candidates: Sequence[Candidate]
) -> tuple[Landed, ...]:
    deployed = [
        Landed(
            name=c.name,
            version=c.version,
            tree=c.tree,
            content_key=c.content_key,
            tag=f"{c.name}/v{_tag_version(c, order)}" if order.create_tag else "",
        )
        for c in candidates
    ]
    removed = [
        Landed(name=c.name, version="", tree=None, content_key="", tag="")
        for c in snapshot.changes
        if c.new_tree is None
    ]
    return (*deployed, *removed)


def _tag_version(candidate: Candidate, order: DeployOrder) -> str:
    if order.tag_version and order.name in {"", candidate.name}:
        return order.tag_version.removeprefix("v")
    return candidate.version


def finish_deploy(world: World, watched: Watched, intent: Intent) -> CommandOutcome:
    """Do what was announced, from wherever it stopped: land, record, settle.

    Args:
        world: everything.
        watched: the repository.
        intent: announced by `deploy`.

    Raises:
        Moved: base or head moved before the landing; the intent is abandoned, nothing is done.
    """
    details = intent.details
    order = DeployOrder(**details["order"])
    landed = tuple(Landed(**item) for item in details["landed"])
    landing = Landing(
        commit=details["commit"],
        expected_base=details["base"],
        message=details["message"],
        proposal=Proposal(id=order.proposal, ref=details["ref"], head=details["head"]),
        expected_head=details["head"],
        tags=tuple(Tag(item.tag, tag_message(item, order)) for item in landed if item.tag),
    )
    try:
        commit = watched.forge.land(landing)
    except (Moved, UserError):
        world.store.intents.settle(intent.id, ABANDONED)
        raise
    failpoint("deploy.landed")
    world.running.stop(watched.name, order.proposal)
    _record(world, watched, landed, order, commit, details["base"])
    failpoint("deploy.recorded")
    world.store.intents.settle(intent.id, DONE)
    failpoint("deploy.settled")
    for item in landed:
        world.progress.tell(StrategyChanged(item.name))
    tags = [item.tag for item in landed if item.tag]
    named = next((i for i in landed if i.name == order.name), landed[0])
    text = say.deployed([f"{i.name} {i.version}".strip() for i in landed], commit, tags)
    return CommandOutcome(
        ok=True,
        code="deployed",
        message=text,
        data={"commit": commit, "tag": named.tag, "name": named.name, "version": named.version},
    )


def _record(
    world: World,
    watched: Watched,
    landed: Sequence[Landed],
    order: DeployOrder,
    commit: str,
    base: str,
) -> None:
    """Everything that the database says of a landing, in one transaction."""
    store = world.store
    with store.transaction():
        for item in landed:
            if item.tree is None:
                _record_removal(world, watched, item, order, commit, base)
                continue
            store.deployments.record(
                watched.name,
                item.name,
                item.version,
                kind=KIND,
                commit=commit,
                actor=order.actor,
                base_before=base,
                tree=item.tree,
                content_key=item.content_key,
                tag=item.tag,
                proposal=order.proposal,
            )
            make_ready(store, watched.name, item.name, order.proposal)
            store.strategies.transition(
                watched.name,
                item.name,
                Lifecycle.DEPLOYED,
                actor=order.actor,
                reason=f"landed as {commit[:12]}",
                version=item.version,
                proposal=order.proposal,
                content=Content(tree=item.tree, commit=commit, content_key=item.content_key),
            )
        store.meta.put(base_key(watched.name), commit)


def _record_removal(
    world: World, watched: Watched, item: Landed, order: DeployOrder, commit: str, base: str
) -> None:
    world.store.deployments.record(
        watched.name,
        item.name,
        "",
        kind="removal",
        commit=commit,
        actor=order.actor,
        base_before=base,
        proposal=order.proposal,
    )
    world.store.strategies.transition(
        watched.name,
        item.name,
        Lifecycle.ARCHIVED,
        actor=order.actor,
        reason=f"its folder was removed by {commit[:12]}",
    )


def base_key(repository: str) -> str:
    """Where the base that the bot has seen last is remembered."""
    return f"base:{repository}"


def merge_message(snapshot: Snapshot, landed: Sequence[Landed], actor: str) -> str:
    """The merge commit's message: what lands, from where, tested as what."""
    names = ", ".join(f"{i.name} {i.version}".strip() for i in landed)
    lines = [
        f"Deploy {names}",
        "",
        f"Merges {snapshot.proposal.ref} at {snapshot.head[:12]}; what was tested is this tree.",
        "",
        f"Proposal: {snapshot.proposal.id}",
        f"Deployed-by: {actor}",
        f"Tested-tree: {snapshot.merge_tree}",
    ]
    lines += [f"Content-key: {i.name} {i.content_key}" for i in landed if i.content_key]
    return "\n".join(lines) + "\n"


def tag_message(item: Landed, order: DeployOrder) -> str:
    """The annotated tag's message: verdict and provenance."""
    return (
        f"{item.name} {item.version}\n\nVerdict: passed\nStrategy-tree: {item.tree}\n"
        f"Content-key: {item.content_key}\nDeployed-by: {order.actor}\n"
    )
