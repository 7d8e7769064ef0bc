"""Commits of the bot's own that may have to land by a proposal: rollbacks and promotions."""

from dataclasses import dataclass

from bot.core.failpoints import failpoint
from bot.landing.context import Watched, World
from bot.landing.land import ABANDONED
from bot.landing.queued import is_queued, keep_end, leave_queue, tell_end, waits
from bot.report import markdown
from components.ports import Proposal, ProposesRollbacks, StatusState
from components.state.tables.records import Intent

OWN = "algoops/"
PROPOSAL = "proposal"
"""Key in an intent's details: the id of the proposal that was made for it."""


@dataclass(frozen=True)
class OwnCommit:
    """A commit of the bot's own.

    Attributes:
        key: of the command that asked for it.
        branch: where it is proposed.
        onto: branch of the stage that it is for; "" is the base.
        body: of its pull request.
        status: why no gate judges it.
    """

    key: str
    commit: str
    branch: str
    onto: str
    message: str
    body: str
    status: str


def proposed(world: World, watched: Watched, intent: Intent, own: OwnCommit) -> Proposal:
    """Its pull request: the one that is known, or found again, or a new one."""
    number = str(intent.details.get(PROPOSAL, ""))
    if not number:
        title = own.message.partition("\n")[0]
        number = watched.forge.propose(own.branch, own.commit, title, own.body, onto=own.onto)
        failpoint("revert.proposed")
        watched.forge.set_status(
            own.commit, markdown.SUMMARY_CONTEXT, StatusState.SUCCESS, own.status, ""
        )
        world.store.intents.learn(intent.id, PROPOSAL, number)
    return Proposal(id=number, ref=own.branch, head=own.commit)


def give_up(
    world: World,
    watched: Watched,
    intent: Intent,
    own: OwnCommit,
    proposal: Proposal | None,
    words: str,
) -> None:
    """It will not land: whoever waits is told, and nothing of it is left to be merged later."""
    if proposal is not None and isinstance(watched.forge, ProposesRollbacks):
        if waits(world, own.key):
            tell_end(watched, proposal, own.commit, words)
        if is_queued(intent):
            leave_queue(watched, proposal)
        watched.forge.withdraw(proposal)
    with world.store.transaction():
        keep_end(world, own.key, words)
        world.store.intents.settle(intent.id, ABANDONED)
