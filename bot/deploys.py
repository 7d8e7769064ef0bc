"""Deploys: a proposal lands exactly as it was tested.

The order is: look, decide (bot.plan), prepare objects, then bot.landing announces and lands.
Orders that wait for the same repository are landed together: one merge result with all of them
is what was tested; one that spoils it is found by halving.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bot import report as say
from bot.base_policies import bench_at, broken_policies, policies_differ
from bot.bench import Bench, prepare
from bot.check_job import (
    CheckRequest,
    checked,
    known_verdict,
    record_run,
)
from bot.check_run import read_subject, take_snapshot
from bot.checks import Superseded
from bot.deploy_queue import DeployOrder, Ticket
from bot.endings import CANCELLED, CLOSED, SUPERSEDED, end_run, resume
from bot.landing import (
    DEPLOY,
    Landed,
    Part,
    announce_deploy,
    finish_deploy,
)
from bot.moves import Moves
from bot.outcomes import CommandOutcome, read
from bot.plan import (
    Candidate,
    DeployFacts,
    Land,
    Refuse,
    RunFirst,
    Snapshot,
    StrategyChange,
    plan_deploy,
)
from bot.publishing import publish, reported_head
from bot.unfinished import finish_open, refuse_unknown
from bot.world import Watched, World
from components.errors import AlgoOpsError, Moved, UserError
from components.git_patch.values import Candidate as Head
from components.ports import Proposal
from components.schema.values import Verdict
from components.state.records import Run


@dataclass(frozen=True)
class _Ready:
    """A proposal that may land: its order, its snapshot, and what it deploys."""

    order: DeployOrder
    snapshot: Snapshot
    candidates: tuple[Candidate, ...]


def deploy(world: World, watched: Watched, order: DeployOrder) -> CommandOutcome:
    """Land a proposal, or say why not.

    Raises:
        Moved: base or head moved under our hands; the job is tried again.
        TransientError: the forge failed; the job is tried again.
    """
    ticket = watched.queue.join(order)
    with watched.lane:
        batch = watched.queue.take()
        try:
            unknown = finish_open(world, watched)
            _serve(world, watched, batch, unknown)
        except Exception as error:  # noqa: BLE001  # raised by each order that it leaves open
            for waiting in batch:
                if not waiting.outcome.done():
                    waiting.outcome.set_exception(error)
    return ticket.outcome.result()


def _serve(
    world: World, watched: Watched, batch: Sequence[Ticket], unknown: frozenset[str]
) -> None:
    """Give every ticket its outcome: those that may land go together where the forge can."""
    watched.forge.fetch()
    ready: list[tuple[Ticket, _Ready]] = []
    for ticket in batch:
        with _answering(ticket):
            found = read(world.store, ticket.order.key) or _decide(world, watched, ticket.order)
            if isinstance(found, CommandOutcome):
                ticket.outcome.set_result(found)
            else:
                refuse_unknown(unknown, *(change.name for change in found.snapshot.changes))
                ready.append((ticket, found))
    if len(ready) > 1 and watched.forge.lands_batches:
        _land_together(world, watched, ready)
        return
    for place, (ticket, one) in enumerate(ready):
        _land_alone(world, watched, ticket, None if place else one)


@contextmanager
def _answering(ticket: Ticket) -> Iterator[None]:
    """What is refused of one order is that order's outcome, and none of the others'."""
    try:
        yield
    except (UserError, Moved) as error:
        ticket.outcome.set_exception(error)


def _decide(
    world: World, watched: Watched, order: DeployOrder, *, may_check: bool = True
) -> CommandOutcome | _Ready:
    proposal = watched.forge.proposal(order.proposal)
    if proposal is None:
        return _gone(world, watched, order)
    snapshot = take_snapshot(watched.where, proposal, watched.forge.base())
    broken = broken_policies(watched.where, world.bench, snapshot.merge_tree)
    snapshot = replace(snapshot, findings=(*snapshot.findings, *broken))
    candidates = _candidates(world, watched, snapshot)
    decision = plan_deploy(
        DeployFacts(
            snapshot=snapshot,
            reported_head=reported_head(world, watched, proposal.id),
            wanted_sha=order.sha,
            candidates=candidates,
            named=order.name,
        )
    )
    match decision:
        case Land():
            return _Ready(order, snapshot, candidates)
        case Refuse(code=code, reason=reason):
            return CommandOutcome(ok=False, code=code, message=reason)
        case RunFirst(names=names):
            if not may_check:
                words = f"the checks of {', '.join(names)} could not be completed"
                return CommandOutcome(ok=False, code="error", message=words)
    check_first(world, watched, snapshot)
    return _decide(world, watched, order, may_check=False)


def _gone(world: World, watched: Watched, order: DeployOrder) -> CommandOutcome:
    """No such open proposal: it has landed already, or its version is on hold, or never was."""
    known = [
        d
        for d in world.store.deployments.list(repository=watched.name, limit=100)
        if d.proposal == order.proposal and order.name in {"", d.name}
    ]
    if not known:
        return CommandOutcome(
            ok=False, code="not_found", message=f"there is no open proposal {order.proposal}"
        )
    done = known[0]
    hold = world.store.holds.active(watched.name, done.name, done.version)
    if hold is not None:
        words = say.held(done.name, done.version, hold.reason)
        return CommandOutcome(ok=False, code="held", message=words)
    return CommandOutcome(
        ok=True,
        code="unchanged",
        message=say.already_deployed(done.commit),
        data={"commit": done.commit, "tag": done.tag, "name": done.name},
    )


def _candidates(world: World, watched: Watched, snapshot: Snapshot) -> tuple[Candidate, ...]:
    """Each strategy of the merge result with what is known of exactly this content."""
    bench = bench_at(watched.where, world.bench, snapshot.base)
    changes = (c for c in snapshot.changes if c.new_tree is not None)
    return tuple(_candidate(world, watched, change, bench) for change in changes)


def _candidate(world: World, watched: Watched, change: StrategyChange, bench: Bench) -> Candidate:
    prepared = prepare(read_subject(watched.where, change), bench)
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


def check_first(world: World, watched: Watched, snapshot: Snapshot) -> None:
    """The merge result changed since its report: check it as it would land now, and say so.

    Raises:
        UserError: somebody cancelled these checks, and the deploy with them.
        Moved: the proposal was pushed to, or closed.
        Superseded: the daemon is stopping.
    """
    proposal = snapshot.proposal
    flag = world.running.begin(watched.name, proposal.id, proposal.head)
    try:
        resume(world, watched, proposal.id)  # a deploy asks for them
        run = world.store.runs.start(
            watched.name, proposal.id, proposal.head, snapshot.base, DEPLOY
        )
        _check_now(world, watched, snapshot, run, Moves(world.store, watched.name, snapshot, flag))
    finally:
        world.running.end(watched.name, proposal.id, flag)


def _check_now(world: World, watched: Watched, snapshot: Snapshot, run: Run, moves: Moves) -> None:
    moves.queued()
    request = CheckRequest(snapshot.proposal.id, asked=True)
    try:
        plan, report = checked(world, watched, snapshot, run, request, moves)
    except Superseded:
        if world.stopping.is_set():
            raise
        raise _stopped(world, watched, snapshot.proposal, run) from None
    if record_run(world, run, report, moves, plan):
        publish(world, watched, snapshot.proposal, report)


def _stopped(world: World, watched: Watched, proposal: Proposal, run: Run) -> AlgoOpsError:
    """End a run that was stopped; what it means for the order that needed it."""
    now = watched.forge.proposal(proposal.id)
    if now is None or now.head != proposal.head:
        end_run(world, watched, run, CLOSED if now is None else SUPERSEDED)
        return Moved(f"{proposal.id} changed while it was checked for its deploy")
    end_run(world, watched, run, CANCELLED)
    return UserError("its checks were cancelled, and the deploy with them")


# --- landing -----------------------------------------------------------------------------------


def _land_one(world: World, watched: Watched, ready: _Ready) -> CommandOutcome:
    snapshot = ready.snapshot
    message = _message(ready)
    commit = watched.where.repository.commit_merge(
        snapshot.base, snapshot.head, snapshot.merge_tree, message
    )
    part = _part(ready, snapshot.base, commit)
    intent = announce_deploy(world, watched, (part,), message)
    return finish_deploy(world, watched, intent)[ready.order.proposal]


def _land_together(world: World, watched: Watched, batch: Sequence[tuple[Ticket, _Ready]]) -> None:
    """Merge all, test the one result, land the chain; where it fails, the halves by themselves."""
    if len(batch) == 1:
        _land_alone(world, watched, batch[0][0])
        return
    base = watched.forge.base()
    heads = tuple(Head(r.snapshot.head, _message(r, alone=False)) for _, r in batch)
    merged = watched.where.repository.merge_many(base, heads)
    left = {item.candidate.head for item in merged.left}
    together = [(t, r) for t, r in batch if r.snapshot.head not in left]
    if not _holds_together(world, watched, base, merged.tip, together):
        _land_halves(world, watched, batch)
        return
    parts, before = [], base
    for (_, ready), step in zip(together, merged.steps, strict=True):
        parts.append(_part(ready, before, step.commit))
        before = step.commit
    intent = announce_deploy(world, watched, parts, f"Deploy {len(parts)} proposals")
    try:
        outcomes = finish_deploy(world, watched, intent)
    except UserError:  # a tag that is taken, say: of one of them, and nothing has landed
        _land_halves(world, watched, batch)
        return
    for ticket, ready in together:
        ticket.outcome.set_result(outcomes[ready.order.proposal])
    for ticket, ready in batch:
        if ready.snapshot.head in left:
            _land_alone(world, watched, ticket)


def _land_halves(world: World, watched: Watched, batch: Sequence[tuple[Ticket, _Ready]]) -> None:
    middle = len(batch) // 2
    _land_together(world, watched, batch[:middle])
    _land_together(world, watched, batch[middle:])


def _land_alone(
    world: World, watched: Watched, ticket: Ticket, ready: _Ready | None = None
) -> None:
    """Land one, decided anew on today's base: what came before may have changed the answer.

    `ready` is the decision where nothing came before.
    """
    with _answering(ticket):
        found = ready or _decide(world, watched, ticket.order)
        if isinstance(found, _Ready):
            found = _land_one(world, watched, found)
        ticket.outcome.set_result(found)


def _holds_together(
    world: World,
    watched: Watched,
    base: str,
    tip: str,
    together: Sequence[tuple[Ticket, _Ready]],
) -> bool:
    """Whether the merge result of all has a passed verdict; what is not known is run."""
    if len(together) < 2:  # noqa: PLR2004  # one alone is decided alone
        return False
    if policies_differ(watched.where, base, tip):
        return False  # what one of them brings holds for those that land after it
    proposal = Proposal(id="batch", ref="batch", head=tip, title=f"{len(together)} proposals")
    snapshot = replace(
        take_snapshot(watched.where, proposal, base),
        merge_tree=watched.where.repository.tree_of(tip),
    )
    candidates = _candidates(world, watched, snapshot)
    wanted = {(c.name, c.tree) for _, r in together for c in r.candidates}
    # Two proposals that change one strategy: their sum is content that neither of them tested.
    return {(c.name, c.tree) for c in candidates} <= wanted and all(
        c.verdict is Verdict.PASSED for c in candidates
    )


def _part(ready: _Ready, base: str, commit: str) -> Part:
    return Part(
        order=ready.order,
        ref=ready.snapshot.proposal.ref,
        head=ready.snapshot.head,
        base=base,
        commit=commit,
        landed=_landed(ready),
    )


def _landed(ready: _Ready) -> tuple[Landed, ...]:
    order = ready.order
    deployed = [
        Landed(
            name=c.name,
            version=c.version,
            tree=c.tree,
            content_key=c.content_key,
            tag=_tag(c, order),
        )
        for c in ready.candidates
    ]
    removed = [
        Landed(name=c.name, version="", tree=None, content_key="", tag="")
        for c in ready.snapshot.changes
        if c.new_tree is None
    ]
    return (*deployed, *removed)


def _tag(candidate: Candidate, order: DeployOrder) -> str:
    """The tag to make; none for a version that was released before: its tag stays where it is."""
    if not order.create_tag or candidate.released_tree:
        return ""
    named = order.tag_version if order.name in {"", candidate.name} else ""
    return f"{candidate.name}/v{named.removeprefix('v') or candidate.version}"


def _message(ready: _Ready, *, alone: bool = True) -> str:
    """The merge commit's message: what lands, from where, tested as what.

    In a chain of merges only the sum of all was tested as a tree; of each merge, its strategies.
    """
    if ready.order.message:
        return ready.order.message
    snapshot, landed = ready.snapshot, _landed(ready)
    names = ", ".join(f"{i.name} {i.version}".strip() for i in landed)
    tested = "this tree" if alone else "each strategy's folder"
    lines = [
        f"Deploy {names}",
        "",
        f"Merges {snapshot.proposal.ref} at {snapshot.head[:12]}; what was tested is {tested}.",
        "",
        f"Proposal: {snapshot.proposal.id}",
        f"Deployed-by: {ready.order.actor}",
    ]
    if alone:
        lines.append(f"Tested-tree: {snapshot.merge_tree}")
    lines += [f"Content-key: {i.name} {i.content_key}" for i in landed if i.content_key]
    return "\n".join(lines) + "\n"
