"""The queue in which the deploys of one repository wait."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from bot.core.orders import DeployOrder
from bot.landing.outcomes import CommandOutcome


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
