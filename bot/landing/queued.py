"""What a merge queue of the forge lands: looked at while it waits, and again afterwards."""

from collections.abc import Iterator, Sequence

import structlog

from bot.checks.lands import landing_list
from bot.core.decisions import StrategyChange
from bot.landing.context import Watched, World
from bot.landing.outcomes import WAITING, CommandOutcome, keep, read
from bot.report import markdown
from bot.report.escape import plain
from components.errors import UserError
from components.ports import Proposal, Queues
from components.state.tables.records import Intent

log = structlog.get_logger(__name__)

QUEUED = "queued"
"""Key in an intent's details: the forge has put it into its queue."""

DEEPEST = 100
"""A rebase of more commits than these is not recognised as what was tested."""


def is_queued(intent: Intent) -> bool:
    """Whether the forge has put it into its queue."""
    return bool(intent.details.get(QUEUED))


def learn_queued(world: World, intent: Intent) -> None:
    """The forge has put it into its queue."""
    if not is_queued(intent):
        world.store.intents.learn(intent.id, QUEUED, "yes")


def refuse_held(world: World, watched: Watched, versions: Sequence[tuple[str, str]]) -> None:
    """What was held after it entered the queue does not land.

    Raises:
        UserError: one of the (name, version) is held.
    """
    for name, version in versions:
        hold = world.store.holds.active(watched.name, name, version)
        if hold is not None:
            raise UserError(markdown.held(name, version, hold.reason))


def refuse_unshown(
    watched: Watched, trees: dict[str, str | None], digest: str, commit: str
) -> None:
    """What a queue merged is what was tested, and brings what the report listed.

    Args:
        watched: the repository.
        trees: strategy -> tree id that was tested, None: removed.
        digest: of the list that the report showed.
        commit: what landed.

    Raises:
        UserError: it is something else.
    """
    where = watched.where
    as_tested = all(
        where.repository.tree_at(commit, f"{where.root}/{name}") == tree
        for name, tree in trees.items()
    )
    if as_tested and any(_digest(watched, b, commit) == digest for b in _before(watched, commit)):
        return
    raise UserError(
        f"the queue merged {commit[:12]}, which does not bring what was tested and listed",
        hint="the base is checked again now; roll back if it fails",
    )


def _digest(watched: Watched, before: str, commit: str) -> str:
    where, repository = watched.where, watched.where.repository
    trees = (repository.tree_of(before), repository.tree_of(commit))
    changes = tuple(
        StrategyChange(c.name, c.old_tree, c.new_tree)
        for c in repository.changed_strategies(*trees, where.root)
    )
    return landing_list(where, *trees, changes).digest


def _before(watched: Watched, commit: str) -> Iterator[str]:
    """What it may have been put upon: of a merge its parent, of a rebase one further down."""
    parents = watched.where.repository.parents(commit)
    for _ in range(DEEPEST):
        if not parents:
            return
        yield parents[0]
        if len(parents) > 1:
            return
        parents = watched.where.repository.parents(parents[0])


def leave_queue(watched: Watched, proposal: Proposal) -> None:
    """Take out of the queue what the bot does not want to land any more."""
    if not isinstance(watched.forge, Queues):
        return
    try:
        watched.forge.leave_queue(proposal)
    except UserError as refused:
        log.warning("not taken out of the queue", proposal=proposal.id, why=str(refused))


def waits(world: World, key: str) -> bool:
    """Whether whoever gave the command was told to wait."""
    kept = read(world.store, key)
    return kept is not None and kept.code == WAITING


def tell_end(watched: Watched, proposal: Proposal, mark: str, words: str) -> None:
    """Say in a proposal's conversation how something ended that somebody was told to wait for."""
    body = f"{markdown.answer_marker(f'end:{mark}')}\n{words}"
    try:
        watched.forge.reply(proposal, body, again=True)
    except UserError as refused:  # a locked conversation, say: the outcome is kept all the same
        log.warning("the end of a wait could not be posted", proposal=proposal.id, why=str(refused))


def keep_end(world: World, key: str, words: str) -> None:
    """Whoever waits for a command finds that it ended without being done."""
    if waits(world, key):
        keep(world.store, key, CommandOutcome(ok=False, code="given_up", message=plain(words)))
