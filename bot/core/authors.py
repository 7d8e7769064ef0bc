"""PURE: people and programs as authors: who is which, and what a program may ask for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.events import Cancel, Check, Command
from components.ports import UNCOUNTED, Proposal

AGENT_BRANCHES = "agents/"
"""What the branches begin with that agents submit through the bot."""

AGENT_MAIL = "@agents.invalid"
"""What the addresses end with under which the bot commits what agents submit."""

BOT = "[bot]"
"""What the accounts of GitHub's Apps end with."""

AGENT_VERBS = frozenset({"check", "status", "cancel"})


class AuthorKind(StrEnum):
    """Who writes: a program, or a person."""

    AGENT = "agent"
    PERSON = "person"


@dataclass(frozen=True)
class Authors:
    """What the configuration says of authors; accounts are compared without regard to case.

    Attributes:
        agents: accounts of programs, beside bots.
        bots: accounts of bots that are heard -> commands that they may give.
        approvals: how many approvals by people a proposal of such an author needs.
        checks_an_hour: how many checks such an author's proposals have within an hour.
    """

    agents: frozenset[str] = frozenset()
    bots: Mapping[str, frozenset[str]] = field(default_factory=dict)
    approvals: Mapping[AuthorKind, int] = field(default_factory=dict)
    checks_an_hour: Mapping[AuthorKind, int] = field(default_factory=dict)

    def kind(self, account: str) -> AuthorKind:
        """Whether an account is a program's."""
        name = account.casefold()
        listed = any(name == known.casefold() for known in self.agents)
        is_agent = listed or name.endswith((BOT, AGENT_MAIL))
        return AuthorKind.AGENT if is_agent else AuthorKind.PERSON

    def kind_of(self, proposal: Proposal, writers: Collection[str] = ()) -> AuthorKind:
        """Of all who wrote a proposal the kind that needs most approvals; of equal ones an agent.

        By its branch, its author, its account, and by the names and addresses of its commits: what
        a program commits on a person's branch is a program's, and no person's name undoes that.
        """
        found = {self.kind(name) for name in (proposal.author, proposal.actor, *writers)}
        if proposal.ref.startswith(AGENT_BRANCHES) or UNCOUNTED in writers:
            found.add(AuthorKind.AGENT)
        return max(found, key=lambda k: (self.approvals.get(k, 0), k is AuthorKind.AGENT))

    def behind_people(self, proposal: str, actor: str) -> bool:
        """Whether the checks of a proposal (by its id) come after all that people wait for."""
        by_agent = proposal.removeprefix("branch/").startswith(AGENT_BRANCHES)
        return by_agent or self.kind(actor) is AuthorKind.AGENT

    def verbs(self, bot: str) -> frozenset[str] | None:
        """The commands that a bot may give; None: it is not listed, so it is not heard."""
        name = bot.casefold()
        return next((may for known, may in self.bots.items() if known.casefold() == name), None)

    def refusal(self, command: Command, actor: str, proposal: Proposal | None) -> str:
        """Why an agent may not give a command, "" where it may.

        Checks and cancels are its own proposals' alone: another author's place in the queue and
        count of tries are not its to use.
        """
        verb = type(command).__name__.lower()
        listed = self.verbs(actor)
        allowed = (AGENT_VERBS if listed is None else listed & AGENT_VERBS) | {"help"}
        if verb not in allowed:
            return f"{actor} is an agent: it may ask for {', '.join(sorted(allowed))}, not {verb}"
        if isinstance(command, Check | Cancel) and not is_author(actor, proposal):
            return f"{actor} is an agent: it may {verb} its own proposals only"
        return ""


def account(login: str, *, is_bot: bool) -> str:
    """An account's name; a bot's always ends with `BOT`, so nobody takes it for a person's."""
    return f"{login.removesuffix(BOT)}{BOT}" if is_bot else login


def is_heard(name: str, bots: Collection[str]) -> bool:
    """Whether commands of an account are heard: a person's, or a listed bot's."""
    known = name.casefold()
    return not known.endswith(BOT) or known in {bot.casefold() for bot in bots}


def is_author(actor: str, proposal: Proposal | None) -> bool:
    """Whether somebody is a proposal's author, by the names that the forge knows both by."""
    name = actor.rpartition(":")[2].casefold()
    if proposal is None or not name:
        return False
    return name in {proposal.author.casefold(), proposal.actor.casefold()}
