"""Deploys: a proposal lands exactly as it was tested.

The order is: look, decide (bot.core.decisions), prepare objects, then
bot.landing.land announces and lands.
Orders that wait for the same repository are landed together: one merge result with all of them
is what was tested; one that spoils it is found by halving.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bot.checks.base_policies import broken_policies, policies_differ
from bot.checks.lands import landing_list
from bot.checks.run import take_snapshot
from bot.checks.strategy import Superseded
from bot.core.decisions import (
    FROZEN,
    LUCK,
    UNSEEN,
    Land,
    Refuse,
    RunFirst,
    Snapshot,
    StrategyChange,
    plan_deploy,
)
from bot.core.orders import DeployOrder
from bot.deploy.facts import candidates_of, deploy_facts
from bot.deploy.parts import ReadyProposal, loosens, message_of, part_of
from bot.landing.context import Watched, World
from bot.landing.freezing import frozen
from bot.landing.land import DEPLOY, announce_deploy, finish_deploy
from bot.landing.lifecycle_moves import Moves
from bot.landing.outcomes import WAITING, CommandOutcome, keep, read
from bot.landing.queue import Ticket
from bot.landing.queued import is_queued
from bot.landing.tries import keep_counts
from bot.landing.unfinished import finish_open, refuse_unknown
from bot.proposals.ask import ask_check
from bot.proposals.cancel import CANCELLED, CLOSED, SUPERSEDED, end_run, resume
from bot.proposals.check import CheckRequest, checked, record_run
from bot.proposals.publish import publish
from bot.report import markdown
from components.errors import AlgoOpsError, Enqueued, Moved, UserError, Waiting
from components.git_patch.values import MergeCandidate as Head
from components.git_patch.values import MergeStep
from components.ports import Proposal, StatusState
from components.schema.results.values import CheckName, Verdict
from components.state.tables.records import Run


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
    ready: list[tuple[Ticket, ReadyProposal]] = []
    for ticket in batch:
        with _answering(ticket):
            found = (
                read(world.store, ticket.order.key)
                or _queued_already(world, watched, ticket.order)
                or _decide(world, watched, ticket.order)
            )
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
    except (UserError, Moved, Waiting) as error:
        ticket.outcome.set_exception(error)


def _decide(
    world: World, watched: Watched, order: DeployOrder, *, may_check: bool = True
) -> CommandOutcome | ReadyProposal:
    proposal = watched.forge.proposal(order.proposal)
    if proposal is None:
        return _gone(world, watched, order)
    freeze = frozen(world, watched)
    if freeze is not None:
        return CommandOutcome(ok=False, code=FROZEN, message=freeze.words)
    snapshot = take_snapshot(watched.where, proposal, watched.forge.base())
    broken = broken_policies(watched.where, world.bench, snapshot.merge_tree)
    snapshot = replace(snapshot, findings=(*snapshot.findings, *broken))
    facts = deploy_facts(world, watched, order, snapshot)
    decision = plan_deploy(facts)
    match decision:
        case Land():
            for one in facts.candidates:
                keep_counts(world.store, watched.name, one.name, one.tree, one.luck)
            return ReadyProposal(order, snapshot, facts.candidates, facts.policy_change)
        case Refuse(code=code, reason=reason):
            if code in {LUCK, UNSEEN}:
                ask_check(world, watched.name, proposal.id, proposal.actor)
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
        words = markdown.held(done.name, done.version, hold.reason)
        return CommandOutcome(ok=False, code="held", message=words)
    return CommandOutcome(
        ok=True,
        code="unchanged",
        message=markdown.already_deployed(done.commit),
        data={"commit": done.commit, "tag": done.tag, "name": done.name},
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


def _land_one(world: World, watched: Watched, ready: ReadyProposal) -> CommandOutcome:
    snapshot = ready.snapshot
    message = message_of(ready)
    if loosens(ready):
        _show_accepted(watched, ready)
    commit = watched.where.repository.commit(
        snapshot.merge_tree, (snapshot.base, snapshot.head), message
    )
    part = part_of(ready, snapshot.base, commit)
    intent = announce_deploy(world, watched, (part,), message)
    try:
        return finish_deploy(world, watched, intent)[ready.order.proposal]
    except Enqueued as queued:
        return _waits(world, ready.order, str(queued))
    except (Moved, UserError):
        if loosens(ready):
            _show_accepted(watched, ready, StatusState.FAILURE)
        raise


def _waits(world: World, order: DeployOrder, why: str) -> CommandOutcome:
    """It is in the forge's queue; kept while the lane is held, for its end overwrites it."""
    data = {"commit": "", "tag": "", "name": order.name, "version": ""}
    outcome = CommandOutcome(ok=True, code=WAITING, message=markdown.deploy_waits(why), data=data)
    keep(world.store, order.key, outcome)
    return outcome


def _queued_already(world: World, watched: Watched, order: DeployOrder) -> CommandOutcome | None:
    """What is to be said where this proposal is in the forge's queue by an earlier order."""
    for intent in world.store.intents.open(DEPLOY, watched.name):
        for part in intent.details["parts"] if is_queued(intent) else ():
            if part["order"]["proposal"] == order.proposal:
                return _waits(world, order, f"{order.proposal} is in the merge queue already")
    return None


def _show_accepted(
    watched: Watched, ready: ReadyProposal, state: StatusState = StatusState.SUCCESS
) -> None:
    """A status that may be required was red for the change of policies; somebody accepted it.

    It is red again where nothing landed: nobody else may merge by what was accepted once.
    """
    head, words = ready.snapshot.head, markdown.policies_accepted(ready.order.actor)
    if state is not StatusState.SUCCESS:
        words = f"{words}, but not landed"
    contexts = [markdown.SUMMARY_CONTEXT]
    if watched.forge.marks_each_check:
        contexts.append(markdown.context(CheckName.POLICY_CHANGE))
    for context in contexts:
        watched.forge.set_status(head, context, state, words, "")


def _land_together(
    world: World, watched: Watched, batch: Sequence[tuple[Ticket, ReadyProposal]]
) -> None:
    """Merge all, test the one result, land the chain; where it fails, the halves by themselves."""
    if len(batch) == 1:
        _land_alone(world, watched, batch[0][0])
        return
    base = watched.forge.base()
    heads = tuple(Head(r.snapshot.head, message_of(r, alone=False)) for _, r in batch)
    merged = watched.where.repository.merge_many(base, heads)
    left = {item.candidate.head for item in merged.left}
    together = [(t, r) for t, r in batch if r.snapshot.head not in left]
    as_shown = all(
        _lands_as_shown(watched, ready, before, step)
        for (_, ready), before, step in zip(
            together, (base, *(s.commit for s in merged.steps)), merged.steps, strict=False
        )
    )
    if not as_shown or not _holds_together(world, watched, base, merged.tip, together):
        _land_halves(world, watched, batch)
        return
    parts, before = [], base
    for (_, ready), step in zip(together, merged.steps, strict=True):
        parts.append(part_of(ready, before, step.commit))
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


def _lands_as_shown(watched: Watched, ready: ReadyProposal, before: str, step: MergeStep) -> bool:
    """Whether a proposal brings behind others what its report listed, no more and no less."""
    repository, where = watched.where.repository, watched.where
    trees = (repository.tree_of(before), step.tree)
    changes = tuple(
        StrategyChange(c.name, c.old_tree, c.new_tree)
        for c in repository.changed_strategies(*trees, where.root)
    )
    shown = ready.snapshot.lands
    return shown is not None and landing_list(where, *trees, changes).digest == shown.digest


def _land_halves(
    world: World, watched: Watched, batch: Sequence[tuple[Ticket, ReadyProposal]]
) -> None:
    middle = len(batch) // 2
    _land_together(world, watched, batch[:middle])
    _land_together(world, watched, batch[middle:])


def _land_alone(
    world: World, watched: Watched, ticket: Ticket, ready: ReadyProposal | None = None
) -> None:
    """Land one, decided anew on today's base: what came before may have changed the answer.

    `ready` is the decision where nothing came before.
    """
    with _answering(ticket):
        found = ready or _decide(world, watched, ticket.order)
        if isinstance(found, ReadyProposal):
            found = _land_one(world, watched, found)
        ticket.outcome.set_result(found)


def _holds_together(
    world: World,
    watched: Watched,
    base: str,
    tip: str,
    together: Sequence[tuple[Ticket, ReadyProposal]],
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
    candidates = candidates_of(world, watched, snapshot)
    wanted = {(c.name, c.tree) for _, r in together for c in r.candidates}
    # Two proposals that change one strategy: their sum is content that neither of them tested.
    return {(c.name, c.tree) for c in candidates} <= wanted and all(
        c.verdict is Verdict.PASSED for c in candidates
    )
