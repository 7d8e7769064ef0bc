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
from bot.landing.land import DONE, base_is_seen
from bot.landing.outcomes import CommandOutcome, keep
from bot.landing.own_commits import OWN, OwnCommit, OwnLanding, trying
from bot.landing.queued import is_queued
from bot.report import markdown
from components.ports import Landing, Proposal, ProposesRollbacks
from components.state import Lifecycle
from components.state.tables.records import Intent

log = structlog.get_logger(__name__)

ROLLBACK = "rollback"
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
        onto: branch of the stage, "" is the base.
    """

    order: RollbackOrder
    commit: str
    base: str
    message: str
    restored: tuple[Restored, ...]
    branch: str = ""
    onto: str = ""

    @property
    def named(self) -> Restored:
        """What becomes of the strategy that was named."""
        return next(r for r in self.restored if r.name == self.order.name)

    @property
    def own(self) -> OwnCommit:
        """Its commit, and how that is proposed."""
        return OwnCommit(
            key=self.order.key,
            commit=self.commit,
            branch=self.branch,
            onto=self.onto,
            message=self.message,
            body=markdown.rollback_body(self.message, offered=self.order.offered),
            status=markdown.not_judged(self.named.name, self.named.to),
        )


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
        onto=document.get("onto", ""),
    )


def announce_rollback(world: World, watched: Watched, revert: Revert) -> Intent:
    """Say which revert is about to land."""
    failpoint("rollback.prepared")
    intent = world.store.intents.announce(ROLLBACK, watched.name, revert.commit, asdict(revert))
    failpoint("rollback.announced")
    return intent


def open_rollback(world: World, watched: Watched, name: str, stage: str) -> Intent:
    """The rollback of a strategy on a stage that is announced and not settled.

    Raises:
        LookupError: there is none.
    """
    for intent in world.store.intents.open(ROLLBACK, watched.name):
        names = {item["name"] for item in intent.details["restored"]}
        if name in names and stage == intent.details["order"].get("stage", ""):
            return intent
    raise LookupError(name)


def is_rollback(world: World, watched: Watched, head: str) -> bool:
    """Whether a commit was made by the bot to roll back, and has not landed yet."""
    return any(i.key == head for i in world.store.intents.open(ROLLBACK, watched.name))


def restored_trees(world: World, watched: Watched) -> frozenset[tuple[str, str]]:
    """(strategy, tree) of all that an open rollback restores; the tree is "" where it removes."""
    return frozenset(
        (item["name"], item["tree"])
        for intent in world.store.intents.open(ROLLBACK, watched.name)
        if not revert_from(intent).order.stage
        for item in intent.details["restored"]
    )


def finish_rollback(world: World, watched: Watched, intent: Intent) -> CommandOutcome:
    """Land, record (with the hold), settle.

    Raises:
        Waiting: others act first; the intent stays open, nothing is done.
        Moved, UserError: it cannot land as announced; the intent is abandoned, nothing is done.
    """
    revert = revert_from(intent)
    attempt = OwnLanding(world, watched, intent, revert.own)
    with trying(attempt, markdown.rollback_ended):
        if isinstance(watched.forge, ProposesRollbacks) or revert.order.offered:
            attempt.propose()
        commit = watched.forge.land(_landing(watched, intent, revert, attempt.proposal))
    failpoint("rollback.landed")
    outcome = _rolled_back(revert, commit)
    attempt.tell(outcome.message)
    held = {  # read before the transaction: nobody can write while it is open
        r.name: content_of_version(world, watched, r.name, r.left) for r in revert.restored
    }
    with world.store.transaction():
        for item in revert.restored:
            _record_restored(world, watched, revert, item, commit, held[item.name])
        base_is_seen(world, watched, revert.base, commit, revert.order.stage)
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
        return Landing(revert.commit, revert.base, revert.message, branch=revert.onto)
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
        branch=revert.onto,
    )


def _rolled_back(revert: Revert, commit: str) -> CommandOutcome:
    order, named = revert.order, revert.named
    unheld = named.left in {"", named.to}
    return CommandOutcome(
        ok=True,
        code="rolled_back",
        message=markdown.restored(named.name, named.to, commit, order.reason)
        if unheld
        else " ".join(
            markdown.rolled_back(r.name, r.to, commit, r.left, order.reason, order.stage)
            for r in revert.restored
        ),
        data={
            "commit": commit,
            "version": named.to,
            "held": "" if unheld else named.left,
            "name": order.name,
        },
    )


def _record_restored(
    world: World, watched: Watched, revert: Revert, item: Restored, commit: str, content: str
) -> None:
    store, order = world.store, revert.order
    done = store.deployments.list(watched.name, item.name, stage=order.stage, limit=1)
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
        stage=order.stage,
    )
    if item.left == item.to:  # of this number it was live all the time, with other content
        store.audit.append(
            order.actor,
            "drift.restored",
            item.name,
            new=item.to,
            details={"version": item.to, "reason": order.reason},
            repository=watched.name,
        )
        return
    # The lifecycle is that of the base; on another stage the landing says what is there.
    moves = [] if order.stage else _moves(item, order.reason)
    for state, version, reason in moves:
        store.strategies.transition(
            watched.name, item.name, state, actor=order.actor, reason=reason, version=version
        )
    if item.left:
        store.holds.hold(
            watched.name, item.name, item.left, order.actor, order.reason, content=content
        )


def _moves(item: Restored, reason: str) -> list[tuple[Lifecycle, str, str]]:
    moves = [(Lifecycle.ROLLED_BACK, item.left, reason)] if item.left else []
    if item.to:
        why = f"rolled back from {item.left}" if item.left else reason
        moves.append((Lifecycle.DEPLOYED, item.to, why))
    return moves
