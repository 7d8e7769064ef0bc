"""Webhook deliveries that did not arrive -> sent again by GitHub, and so events after all."""

from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.sources.begun import Memory, born_at
from components.errors import UserError

log = structlog.get_logger(__name__)

KEPT_BY_GITHUB_S = 3 * 86_400.0
EVERY_S = 3_600.0
PATH = "/webhooks/github"


class Redelivered(Protocol):
    """What a sweep did."""

    @property
    def redelivered(self) -> int:
        """How many deliveries were asked for again."""


class Redelivers(Protocol):
    """The part of a forge that knows its deliveries."""

    @property
    def name(self) -> str:
        """Key of the repository."""

    def server_time(self, ago_s: float = 0.0) -> str:
        """The forge's clock, some seconds ago."""

    def redeliver(self, hook_url: str, since: str) -> Redelivered:
        """Ask for failed deliveries again."""


@dataclass
class Redelivery:
    """Looks for failed deliveries of one repository's webhook.

    Attributes:
        public_url: where GitHub reaches this bot; the hook is known by it.
        memory: what failed before it was begun is not asked for.
    """

    forge: Redelivers
    public_url: str
    memory: Memory
    _allowed: bool = True

    def sweep(self) -> int:
        """Ask for what failed; how many deliveries that were.

        Without permission to see hooks it says so once and stays quiet: polling heals as well.

        Raises:
            TransientError: the forge does not answer.
        """
        if not self._allowed:
            return 0
        since = max(born_at(self.memory, self.forge), self.forge.server_time(KEPT_BY_GITHUB_S))
        try:
            done = self.forge.redeliver(self.public_url.rstrip("/") + PATH, since)
        except UserError as refused:
            self._allowed = False
            log.info("no redelivery", repository=self.forge.name, why=str(refused))
            return 0
        if done.redelivered:
            log.info("redelivery", repository=self.forge.name, count=done.redelivered)
        return done.redelivered
