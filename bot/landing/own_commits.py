"""Commits of the bot's own that may have to land by a proposal: rollbacks and promotions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.core.failpoints import failpoint
from bot.landing.context import Watched, World
from bot.landing.land import ABANDONED
from bot.landing.queued import is_queued, keep_end, learn_queued, leave_queue, tell_end, waits
from bot.report import markdown
from components.errors import Enqueued, Moved, UserError, Waiting
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


@dataclass
class OwnLanding:
    """One try to land a commit of the bot's own; `proposal`: where it stands, once it is made."""

    world: World
    watched: Watched
    intent: Intent
    own: OwnCommit
    proposal: Proposal | None = None

    def propose(self) -> Proposal:
        """Its pull request: the one that is known, or found again, or a new one."""
        own, number = self.own, str(self.intent.details.get(PROPOSAL, ""))
        if not number:
            title = own.message.partition("\n")[0]
            forge = self.watched.forge
            number = forge.propose(own.branch, own.commit, title, own.body, onto=own.onto)
            failpoint("revert.proposed")
            forge.set_status(
                own.commit, markdown.SUMMARY_CONTEXT, StatusState.SUCCESS, own.status, ""
            )
            self.world.store.intents.learn(self.intent.id, PROPOSAL, number)
        self.proposal = Proposal(id=number, ref=own.branch, head=own.commit)
        return self.proposal

    def tell(self, words: str) -> None:
        """Tell whoever waits in its pull request how it ended."""
        if self.proposal is not None and waits(self.world, self.own.key):
            tell_end(self.watched, self.proposal, self.own.commit, words)

    def give_up(self, words: str) -> None:
        """It will not land: whoever waits is told, and nothing of it is left to be merged later."""
        store, forge = self.world.store, self.watched.forge
        if self.proposal is not None and isinstance(forge, ProposesRollbacks):
            self.tell(words)
            if is_queued(self.intent):
                leave_queue(self.watched, self.proposal)
            forge.withdraw(self.proposal)
        with store.transaction():
            keep_end(self.world, self.own.key, words)
            store.intents.settle(self.intent.id, ABANDONED)


@contextmanager
def trying(attempt: OwnLanding, ended: Callable[[str], str]) -> Iterator[OwnLanding]:
    """Land inside: what keeps the commit from it for ever ends the intent, a wait leaves it open.

    Args:
        attempt: what lands.
        ended: what is said where it will not land, of the reason.
    """
    try:
        yield attempt
    except Enqueued:
        learn_queued(attempt.world, attempt.intent)
        raise
    except Waiting:
        raise
    except (Moved, UserError) as error:
        attempt.give_up(ended(str(error)))
        raise
