"""Rollbacks that were announced are done, recorded and settled, from wherever a crash left them.

On GitHub a rollback is a pull request of the bot's own. No gate judges it: it restores content
that had passed. It may have to wait for reviews or for checks of others; the intent stays open
meanwhile and keeps nobody else waiting. A person's merge of it counts as the rollback.
"""

from dataclasses import asdict, dataclass

import structlog

from bot.core.failpoints import failpoint
from bot.core.notices import StrategyChanged
from bot.core.orders import RollbackOrder
from bot.landing.context import Watched, World
from bot.landing.holding import content_of_version
from bot.landing.land import ABANDONED, DONE, base_is_seen
from bot.landing.outcomes import CommandOutcome, keep
from bot.landing.queued import is_queued, keep_end, learn_queued, leave_queue, tell_end, waits
from bot.report import markdown
from components.errors import Enqueued, Moved, UserError, Waiting
from components.ports import Landing, Proposal, ProposesRollbacks, StatusState
from components.state import Lifecycle
from components.state.tables.records import Intent

log = structlog.get_logger(__name__)

ROLLBACK = "rollback"
OWN = "algoops/"
ACCEPTED = "accepted"
"""Key in an intent's details: a person wants landed what was offered."""


@dataclass(frozen=True)
class Restored:
    """One strategy of a rollback: `left` goes, `to` with its tree is back ("": nothing is)."""

    name: str
    left: str
    to: str
    tree: str


@dataclass(frozen=True)
class Revert:
    """A prepared rollback of one strategy, or of all that landed with it.

    Attributes:
        branch: where it is proposed, on a forge that lands it by a proposal.
    """

    order: RollbackOrder
    commit: str
    base: str
    message: str
    restored: tuple[Restored, ...]
    branch: str = ""

    @property
    def named(self) -> Restored:
        """What becomes of the strategy that was named."""
        return next(r for r in self.restored if r.name == self.order.name)

    @property
    def in_short(self) -> str:
        """What it does, in one line."""
        return self.message.partition("\n")[0]


def revert_from(intent: Intent) -> Revert:
    """The revert that was announced."""
    document = intent.details
    named = document["restored"][0]
    old = f"{OWN}revert-{document['order']['name']}-{named['left']}-{document['base'][:12]}"
    return Revert(
        order=RollbackOrder(**document["order"]),
        commit=document["commit"],
        base=document["base"],
        message=document["message"],
        restored=tuple(Restored(**item) for item in document["restored"]),
        branch=document.get("branch", old),
    )


def announce_rollback(world: World, watched: Watched, revert: Revert) -> Intent:
    """Say which revert is about to land."""
    failpoint("rollback.prepared")
    intent = world.store.intents.announce(ROLLBACK, watched.name, revert.commit, asdict(revert))
    failpoint("rollback.announced")
    return intent


def open_rollback(world: World, watched: Watched, *, name: str = "", head: str = "") -> Intent:
    """The rollback that is announced and not settled: of a strategy, or proposed at a commit.

    Raises:
        LookupError: there is none.
    """
    for intent in world.store.intents.open(ROLLBACK, watched.name):
        names = {item["name"] for item in intent.details["restored"]}
        if name in names or (head and head == intent.key):
            return intent
    raise LookupError(name or head)


def is_rollback(world: World, watched: Watched, head: str) -> bool:
    """Whether a commit was made by the bot to roll back, and has not landed yet."""
    return any(i.key == head for i in world.store.intents.open(ROLLBACK, watched.name))


def restored_trees(world: World, watched: Watched) -> frozenset[tuple[str, str]]:
    """(strategy, tree) of all that an open rollback restores; the tree is "" where it removes."""
    return frozenset(
        (item["name"], item["tree"])
        for intent in world.store.intents.open(ROLLBACK, watched.name)
        for item in intent.details["restored"]
    )


def finish_rollback(world: World, watched: Watched, intent: Intent) -> CommandOutcome:
    """Land, record (with the hold), settle.

    Raises:
        Waiting: others act first; the intent stays open, nothing is done.
        Moved, UserError: it cannot land as announced; the intent is abandoned, nothing is done.
    """
    revert = revert_from(intent)
    proposal = None
    try:
        if isinstance(watched.forge, ProposesRollbacks) or revert.order.offered:
            proposal = _proposed(world, watched, intent, revert)
        commit = watched.forge.land(_landing(watched, intent, revert, proposal))
    except Enqueued:
        learn_queued(world, intent)
        raise
    except Waiting:
        raise
    except (Moved, UserError) as error:
        _give_up(world, watched, intent, revert, proposal, error)
        raise
    failpoint("rollback.landed")
    outcome = _rolled_back(revert, commit)
    if proposal is not None and waits(world, revert.order.key):
        tell_end(watched, proposal, revert.commit, outcome.message)
    held = {  # read before the transaction: nobody can write while it is open
        r.name: content_of_version(world, watched, r.name, r.left) for r in revert.restored
    }
    with world.store.transaction():
        for item in revert.restored:
            _record_restored(world, watched, revert, item, commit, held[item.name])
        base_is_seen(world, watched, revert.base, commit)
        keep(world.store, revert.order.key, outcome)
    failpoint("rollback.recorded")
    world.store.intents.settle(intent.id, DONE)
    failpoint("rollback.settled")
    for item in revert.restored:
        log.info("rolled back", strategy=item.name, held=item.left, live=item.to or "nothing")
        world.progress.tell(StrategyChanged(item.name))
    return outcome


def _landing(
    watched: Watched, intent: Intent, revert: Revert, proposal: Proposal | None
) -> Landing:
    if proposal is None:
        return Landing(commit=revert.commit, expected_base=revert.base, message=revert.message)
    return Landing(
        commit=revert.commit,
        expected_base=revert.base,
        message=revert.message,
        proposal=proposal,
        expected_head=revert.commit,
        folders=tuple(f"{watched.where.root}/{item.name}" for item in revert.restored),
        own=True,
        queued=is_queued(intent),
        offered=revert.order.offered and not intent.details.get(ACCEPTED),
    )


def _proposed(world: World, watched: Watched, intent: Intent, revert: Revert) -> Proposal:
    """The pull request of a rollback: the one that is known, or found again, or a new one."""
    number = str(intent.details.get("proposal", ""))
    if not number:
        body = markdown.rollback_body(revert.message, offered=revert.order.offered)
        number = watched.forge.propose(revert.branch, revert.commit, revert.in_short, body)
        failpoint("revert.proposed")
        words = markdown.not_judged(revert.named.name, revert.named.to or "nothing")
        watched.forge.set_status(
            revert.commit, markdown.SUMMARY_CONTEXT, StatusState.SUCCESS, words, ""
        )
        world.store.intents.learn(intent.id, "proposal", number)
    return Proposal(id=number, ref=revert.branch, head=revert.commit)


def _give_up(  # what is given up, and why
    world: World,
    watched: Watched,
    intent: Intent,
    revert: Revert,
    proposal: Proposal | None,
    error: Moved | UserError,
) -> None:
    """It will not land: whoever waits is told, and nothing of it is left to be merged later."""
    words = markdown.rollback_ended(str(error))
    if proposal is not None and isinstance(watched.forge, ProposesRollbacks):
        if waits(world, revert.order.key):
            tell_end(watched, proposal, revert.commit, words)
        if is_queued(intent):
            leave_queue(watched, proposal)
        watched.forge.withdraw(proposal)
    with world.store.transaction():
        keep_end(world, revert.order.key, words)
        world.store.intents.settle(intent.id, ABANDONED)


def _rolled_back(revert: Revert, commit: str) -> CommandOutcome:
    order, named = revert.order, revert.named
    return CommandOutcome(
        ok=True,
        code="rolled_back",
        message=" ".join(
            markdown.rolled_back(r.name, r.to or "nothing", commit, r.left, order.reason)
            for r in revert.restored
        ),
        data={"commit": commit, "version": named.to, "held": named.left, "name": order.name},
    )


def _record_restored(
    world: World, watched: Watched, revert: Revert, item: Restored, commit: str, content: str
) -> None:
    store, order = world.store, revert.order
    done = store.deployments.list(repository=watched.name, name=item.name, limit=1)
    if done and done[0].commit == commit:
        return  # recorded before the power went, not settled
    store.deployments.record(
        watched.name,
        item.name,
        item.to,
        kind=ROLLBACK,
        commit=commit,
        actor=order.actor,
        reason=order.reason,
        base_before=revert.base,
        tree=item.tree,
    )
    moves = [(Lifecycle.ROLLED_BACK, item.left, order.reason)]
    if item.to:
        moves.append((Lifecycle.DEPLOYED, item.to, f"rolled back from {item.left}"))
    for state, version, reason in moves:
        store.strategies.transition(
            watched.name, item.name, state, actor=order.actor, reason=reason, version=version
        )
    store.holds.hold(watched.name, item.name, item.left, order.actor, order.reason, content=content)
