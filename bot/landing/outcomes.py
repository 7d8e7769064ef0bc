"""What became of a command, for whoever issued it: kept in the store until it is read."""

from dataclasses import asdict, dataclass, field
from typing import Any

from bot.report import markdown
from bot.report.escape import plain
from components.state import Store
from components.state.tables import payloads
from components.state.tables.notes import OUTCOME

WAITING = "waiting"
"""Code of a command that is on its way: others act first, and it ends by itself."""


@dataclass(frozen=True)
class CommandOutcome:
    """How a command ended.

    Attributes:
        ok: it was done.
        code: "done", or the refusal's stable code (held, stale, not_ready...).
        message: one sentence for people: Markdown where `marked`, else plain text.
        data: what machines want to know (commit, tag, version).
    """

    ok: bool
    code: str
    message: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def marked(self) -> bool:
        """Whether the message is Markdown: what went well is told for a comment."""
        return self.ok or self.code in {"help", "forbidden"}

    @property
    def comment(self) -> str:
        """The message as Markdown, for a comment."""
        return self.message if self.marked else markdown.failed(self.message)

    @property
    def words(self) -> str:
        """The message as plain text, for terminals and programs."""
        return plain(self.message) if self.marked else self.message


def keep(store: Store, key: str, outcome: CommandOutcome) -> None:
    """Write the outcome down for the issuer of the command with this key."""
    if key:
        store.meta.put(OUTCOME + key, payloads.written(asdict(outcome)))


def read(store: Store, key: str) -> CommandOutcome | None:
    """The outcome of the command with this key, None while there is none.

    It stays for as long as jobs do: one that a crash brought back finds it and does nothing twice.
    """
    text = store.meta.get(OUTCOME + key) if key else ""
    return CommandOutcome(**payloads.read(text)[0]) if text else None
