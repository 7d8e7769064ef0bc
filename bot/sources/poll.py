"""Looking at a forge now and then -> events: the fallback for webhooks, and their reconciliation.

What did not change makes no event, and on GitHub costs no quota. An event that a webhook brought
too is the same event with the same key, so both sources together make one run per head.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from bot.core import commands
from bot.core.authors import account, is_heard
from bot.core.events import BaseMoved, CommandIssued, Event, ProposalChanged, ProposalClosed
from bot.sources.begun import Memory, born_at
from components.ports import Proposal


def board_key(repository: str) -> str:
    """Key of the memory: the number of the dashboard issue, where commands are heard too."""
    return f"board:{repository}"


class PolledComment(Protocol):
    """A comment, as far as a command may be in it."""

    @property
    def id(self) -> str:
        """The forge's id of the comment."""

    @property
    def number(self) -> int:
        """Number of the pull request or issue that it belongs to."""

    @property
    def author(self) -> str:
        """Who wrote it."""

    @property
    def body(self) -> str:
        """Its text."""

    @property
    def created_at(self) -> str:
        """When, ISO time with Z, of the forge's clock."""

    @property
    def by_bot(self) -> bool:
        """Whether an App or bot account wrote it."""


class Looked(Protocol):
    """The part of a forge that polling reads."""

    @property
    def name(self) -> str:
        """Key of the repository."""

    def base(self) -> str:
        """Tip of the base."""

    def proposals(self) -> tuple[Proposal, ...]:
        """All open proposals."""

    def comments_since(self, since: str) -> tuple[PolledComment, ...]:
        """Comments made at or after `since` and never edited, oldest first."""

    def is_proposal(self, proposal_id: str) -> bool:
        """Whether this is or was a proposal, open or not."""

    def server_time(self, ago_s: float = 0.0) -> str:
        """The forge's clock, some seconds ago."""


@dataclass(frozen=True)
class Seen:
    """What the last look found: base, and what of each proposal may make a difference."""

    base: str = ""
    proposals: frozenset[Proposal] = frozenset()


def changes(repository: str, before: Seen | None, now: Seen) -> tuple[Event, ...]:
    """The events between two looks; a first look (`before` None) reports every open proposal."""
    known = {p.id: p for p in before.proposals} if before else {}
    present = {p.id: p for p in now.proposals}
    events: list[Event] = []
    if before and before.base != now.base:
        events.append(BaseMoved(repository, now.base))
    events += [ProposalClosed(repository, gone) for gone in sorted(known.keys() - present.keys())]
    events += [
        ProposalChanged(repository, p.id, p.head, p.actor)
        for p in sorted(present.values(), key=lambda p: p.id)
        if known.get(p.id) != p
    ]
    return tuple(events)


@dataclass
class Poll:
    """Looks at one repository. Not for two threads at once.

    Attributes:
        emit: takes the events; it stores them before it returns.
        memory: outlives the daemon; when it is lost, what was said before is never heard again.
        lookback_s: how far back the first look reads comments: commands given while the bot was
            down. The inbox knows which of them were heard.
        bots: accounts of bots whose commands are heard.
    """

    forge: Looked
    emit: Callable[[Event], None]
    memory: Memory
    lookback_s: float = 86_400.0
    bots: Collection[str] = ()
    _seen: Seen | None = None
    _since: str = field(default="")
    _heard: set[str] = field(default_factory=set)

    def look(self) -> int:
        """Look once; how many events came of it.

        Raises:
            TransientError: the forge does not answer, or asks to wait.
        """
        now = Seen(self.forge.base(), frozenset(self.forge.proposals()))
        moved = changes(self.forge.name, self._seen, now)
        for event in moved:
            self.emit(event)
        self._seen = now  # told: comments that cannot be read must not tell it again
        return len(moved) + self._hear(now)

    def _hear(self, now: Seen) -> int:
        """Emit the commands in new comments. They are heard only then: a failure loses none."""
        born = born_at(self.memory, self.forge)
        if not self._since:
            self._since = max(born, self.forge.server_time(self.lookback_s))
        listed = self.forge.comments_since(self._since)
        fresh = [c for c in listed if c.id not in self._heard and c.created_at > born]
        said = self._commands(now, fresh)
        for event in said:
            self.emit(event)
        if fresh:
            # `since` is in whole seconds: the last second is read again, and known by its ids.
            self._since = max(c.created_at for c in listed)
            self._heard = {c.id for c in listed if c.created_at == self._since}
        return len(said)

    def _commands(self, now: Seen, fresh: Iterable[PolledComment]) -> list[Event]:
        present = {p.id for p in now.proposals}
        return [
            CommandIssued(
                self.forge.name,
                f"pr/{said.number}",
                account(said.author, is_bot=said.by_bot),
                command,
                comment=said.id,
                said_at=said.created_at,
            )
            for said in fresh
            if is_heard(account(said.author, is_bot=said.by_bot), self.bots)
            and (command := commands.parse(said.body)) is not None
            and self._is_heard_at(said.number, present)
        ]

    def _is_heard_at(self, number: int, present: set[str]) -> bool:
        """A proposal, open or not (a rollback is often asked for there), or the dashboard."""
        if str(number) == self.memory.get(board_key(self.forge.name)):
            return True
        return f"pr/{number}" in present or self.forge.is_proposal(f"pr/{number}")
