"""What the GitHub forge needs of git: a bare mirror, with a header that may change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Move:
    """One ref of the remote to be moved from `old` to `new`; None: not there / made anew."""

    ref: str
    old: str | None
    new: str | None


class Mirror(Protocol):
    """A bare repository beside GitHub's. `header` is `Authorization: ...`, or ""."""

    def fetch(self, url: str, refspecs: Sequence[str], header: str) -> None:
        """Bring refs here. Raises TransientError, also where a ref is not there."""

    def push(self, url: str, moves: Sequence[Move], header: str) -> None:
        """Move refs there, all or none. Raises Moved, UserError, TransientError."""

    def resolve(self, ref: str) -> str | None:
        """The commit that a ref names here, or None."""

    def tree_of(self, commit: str) -> str:
        """The tree id of a commit that is here."""

    def tree_at(self, commit: str, path: str) -> str | None:
        """The tree id of a folder in a commit that is here; None: no such folder."""

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` holds `older` in its history."""

    def make_tag(self, name: str, commit: str, message: str) -> str:
        """An annotated tag as an object; its id."""
