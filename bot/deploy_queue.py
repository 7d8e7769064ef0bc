"""Orders to deploy and roll back, and the queue in which deploys of one repository wait."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from bot.outcomes import CommandOutcome


@dataclass(frozen=True)
class DeployOrder:
    """Who wants what landed.

    Attributes:
        key: of the command, under which its outcome is kept: a command is carried out once.
        name: the strategy that was named, "" for whatever the proposal changes.
        sha: the commit that the person named, "" for the reported one.
        tag_version: version for the tag's name instead of the definition's, "" for that.
        source: comment | api | cli: how the actor is known.
        admin: the actor has shown the admin role (a token's, or said so on the command line);
            of comments the forge is asked.
    """

    proposal: str
    actor: str
    key: str = ""
    name: str = ""
    sha: str = ""
    message: str = ""
    create_tag: bool = True
    tag_version: str = ""
    source: str = ""
    admin: bool = False


@dataclass(frozen=True)
class RollbackOrder:
    """Who wants which strategy back at which version ("" is the one before), and why.

    Attributes:
        whole: take back everything that landed together with the live version.
        tree: what must still be live (git id), "" for whatever is.
        asked_at: when, of the database's clock; "" for now.
    """

    name: str
    actor: str
    reason: str
    version: str = ""
    commit: str = ""
    key: str = ""
    whole: bool = False
    tree: str = ""
    asked_at: str = ""


@dataclass
class Ticket:
    """An order that waits for its repository's lane, and its outcome."""

    order: DeployOrder
    outcome: Future[CommandOutcome] = field(default_factory=Future)


class DeployQueue:
    """The orders of one repository that wait; whoever gets the lane takes all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Ticket] = []

    def join(self, order: DeployOrder) -> Ticket:
        """Wait with the others."""
        ticket = Ticket(order)
        with self._lock:
            self._waiting.append(ticket)
        return ticket

    def take(self) -> list[Ticket]:
        """All that wait, in the order in which they came."""
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken
