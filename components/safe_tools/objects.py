"""Git objects by id, read by one long-lived `git cat-file`; sizes are asked before bytes."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from components.errors import TransientError
from components.safe_tools.damage import RepositoryDamaged

if TYPE_CHECKING:
    from components.safe_tools.hardened import HardenedGit

T = TypeVar("T")

TREE_MODE = "40000"
FILE_MODE = "100644"
MODE_OF_NOTHING = ""
_ENTRY = re.compile(rb"0*([1-7][0-7]*) ([^\0]+)\0(.{20})", re.DOTALL)
TREE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Header:
    """Id, type (commit, tree, blob, tag) and size in bytes of one object."""

    id: str
    kind: str
    size: int


class Entry(NamedTuple):
    """One line of a tree: mode in octal without leading zeros, raw name, object id."""

    mode: str
    name: bytes
    id: str

    @property
    def is_tree(self) -> bool:
        """Whether it is a folder."""
        return self.mode == TREE_MODE


class MissingObject(RepositoryDamaged):
    """An object that should be there is not, or cannot be read."""


class TooLarge(ValueError):
    """An object is larger than the caller allows; it was not read."""


class WrongKind(ValueError):
    """An object is of another type than its place says."""


class ObjectReader:
    """Reads objects of one repository. Safe to use from several threads."""

    def __init__(self, git: "HardenedGit") -> None:
        self._git = git

    def header(self, expression: str) -> Header | None:
        """What an object name points to, or None when there is no such object.

        Args:
            expression: an id, or a validated name such as `<id>:strategies/RSI` (no newlines).
        """
        return self._ask(expression, lambda: self._header(expression))

    def _header(self, expression: str) -> Header | None:
        try:
            return Header(*self._git.get_object_header(expression))
        except ValueError:
            return None

    def _ask(self, expression: str, question: Callable[[], T]) -> T:
        """Ask once more where the cat-file died; a second death is an error.

        Raises:
            RepositoryDamaged: it dies of a corrupt object.
            TransientError: it dies of something else.
        """
        with self._git.objects_lock:
            try:
                return question()
            except BrokenPipeError:
                self._git.clear_cache()
            try:
                return question()
            except BrokenPipeError as error:
                self._git.clear_cache()
                self._git.run("cat-file", "-t", "--", expression)  # says what is corrupt
                raise TransientError("git cat-file ends again each time it is started") from error

    def read(self, object_id: str, cap: int, kind: str = "blob") -> bytes:
        """An object's bytes.

        Raises:
            MissingObject: it is not there.
            RepositoryDamaged: its bytes are not those that its id stands for.
            WrongKind: it is no `kind`; nothing was read.
            TooLarge: it is larger than `cap` bytes; nothing was read.
        """
        header = self.header(object_id)
        if header is None:
            raise self.missing(object_id)
        if header.kind != kind:
            raise WrongKind(f"object {object_id} is a {header.kind}, not a {kind}")
        if header.size > cap:
            raise TooLarge(f"object {object_id} has {header.size} bytes, more than {cap}")
        data = self._ask(object_id, lambda: bytes(self._git.get_object_data(header.id)[3]))
        self._hold_against_id(header, data)
        return data

    def _hold_against_id(self, header: Header, data: bytes) -> None:
        """Git sends a file while it unpacks it: what ends early would be taken for the whole."""
        whole = b"%s %d\0%s" % (header.kind.encode(), header.size, data)
        if hashlib.sha1(whole, usedforsecurity=False).hexdigest() != header.id:
            raise RepositoryDamaged(self._git.git_dir, header.id)

    def missing(self, object_id: str) -> MissingObject:
        """The error that an object which must be there is not."""
        return MissingObject(self._git.git_dir, object_id)

    def entries(self, tree_id: str, cap: int = TREE_BYTES) -> list[Entry]:
        """The lines of one tree, in git's order. Raises like `read`."""
        return parse_tree(self.read(tree_id, cap, "tree"))

    def close(self) -> None:
        """End the cat-file processes; the next read starts new ones."""
        with self._git.objects_lock:
            self._git.clear_cache()


def parse_tree(data: bytes) -> list[Entry]:
    """The entries of a raw tree object (mode, space, name, NUL, 20 bytes; repeated).

    Raises:
        WrongKind: the bytes are no tree.
    """
    entries = []
    at = 0
    for found in _ENTRY.finditer(data):
        if found.start() != at:
            break
        mode, name, object_id = found.groups()
        entries.append(Entry(mode.decode("ascii"), name, object_id.hex()))
        at = found.end()
    if at != len(data):
        raise WrongKind("a tree object is malformed")
    return entries
