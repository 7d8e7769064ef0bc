"""When the bot's memory of a repository was begun: what was said before is never heard."""

from typing import Protocol


class Memory(Protocol):
    """Notes that outlive the daemon."""

    def get(self, key: str) -> str:
        """What was noted, or ""."""

    def put(self, key: str, value: str) -> None:
        """Note it."""


class Timed(Protocol):
    """A forge that has a clock."""

    @property
    def name(self) -> str:
        """Key of the repository."""

    def server_time(self, ago_s: float = 0.0) -> str:
        """The forge's clock, some seconds ago, as ISO time with Z."""


def born_at(memory: Memory, forge: Timed) -> str:
    """When this memory was begun, of the forge's clock (ISO, Z).

    Whoever lost the earlier one cannot know which older commands were carried out.
    """
    if not known_birth(memory, forge.name):
        memory.put(_key(forge.name), forge.server_time())
    return known_birth(memory, forge.name)


def known_birth(memory: Memory, repository: str) -> str:
    """The same, "" while the forge was not asked yet."""
    return memory.get(_key(repository))


def _key(repository: str) -> str:
    return f"born:{repository}"
