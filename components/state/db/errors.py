"""What can be wrong with the database, each named by what to do next."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.errors import AlgoOpsError, TransientError, UserError


class StateBusy(TransientError):
    """Another process held the database for longer than the busy timeout; nothing was written."""


class StateFull(TransientError):
    """The disk has no room left; the change was rolled back, earlier ones are safe."""


class StateReadOnly(UserError):
    """The database file or its folder cannot be written."""


class StateUnreadable(UserError):
    """There is no database at the path, or it cannot be opened."""


class StateCorrupt(AlgoOpsError):
    """The file is not a sound SQLite database."""


class StateTooNew(UserError):
    """The database was written by a newer version of AlgoOps."""


class StateOld(UserError):
    """The database is of an older AlgoOps, and whoever opened it only wants to look."""


class StateFault(TransientError):
    """The operating system failed to read or write the database."""


class NotFound(UserError):
    """No such row."""


class IllegalMove(UserError):
    """A lifecycle move which the transition table does not have; recorded in the audit log.

    Attributes:
        name: the strategy.
        current: the lifecycle state it is in, or "" when it has none.
        wanted: the state asked for.
    """

    def __init__(self, name: str, current: str, wanted: str, *, hint: str = "") -> None:
        where = f"is {current}" if current else "has no version to move"
        super().__init__(f"strategy {name} {where} and cannot become {wanted}", hint=hint)
        self.name, self.current, self.wanted = name, current, wanted


class VersionTaken(UserError):
    """A (name, version) was deployed already with other content."""


class LockHeld(UserError):
    """Another daemon works on this database."""


_SAYS: dict[str, tuple[type[AlgoOpsError], str, str]] = {
    "SQLITE_BUSY": (
        StateBusy,
        "{path} is in use by another process",
        "try again; nothing was written",
    ),
    "SQLITE_FULL": (
        StateFull,
        "no room to write {path}",
        "free disk space; what was confirmed before is safe, this change was not made",
    ),
    "SQLITE_READONLY": (
        StateReadOnly,
        "{path} cannot be written",
        "give the bot's user write access to it and its folder",
    ),
    "SQLITE_CORRUPT": (
        StateCorrupt,
        "{path} is damaged or not a database: {error}",
        "stop the bot, keep the file, and restore the last `algoops backup`",
    ),
    "SQLITE_CANTOPEN": (
        StateUnreadable,
        "cannot open {path}: {error}",
        "check `state.dir` and the folder's permissions",
    ),
    "SQLITE_IOERR": (
        StateFault,
        "the system failed on {path}: {error} ({name})",
        "look at the system's log; nothing was written",
    ),
}
_SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
_ALIKE = {
    "SQLITE_LOCKED": "SQLITE_BUSY",
    "SQLITE_PROTOCOL": "SQLITE_BUSY",
    "SQLITE_PERM": "SQLITE_READONLY",
    "SQLITE_NOTADB": "SQLITE_CORRUPT",
    "SQLITE_FORMAT": "SQLITE_CORRUPT",
    "SQLITE_AUTH": "SQLITE_CANTOPEN",
    "SQLITE_NOMEM": "SQLITE_IOERR",
    "SQLITE_NOLFS": "SQLITE_IOERR",
}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """The one boundary to SQLite: its errors leave as ours.

    Errors which are our bugs (syntax, misuse, a broken constraint) leave as they are.

    Args:
        path: the database, for the message.

    Raises:
        StateBusy, StateFull, StateReadOnly, StateUnreadable, StateCorrupt, StateFault.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        ours = _ours(error, path)
        if ours is None:
            raise
        raise ours from error


def _ours(error: sqlite3.DatabaseError, path: Path) -> AlgoOpsError | None:
    # Extended names (SQLITE_BUSY_SNAPSHOT) belong to the family of their first two words.
    name = getattr(error, "sqlite_errorname", "")
    family = "_".join(name.split("_")[:2])
    if "no such table" in str(error) or "no such column" in str(error):
        # All our statements fit our schema: somebody took a part of it away.
        family = "SQLITE_CORRUPT"
    if family == "SQLITE_CANTOPEN" and _short_of_descriptors(path):
        family = "SQLITE_IOERR"
    says = _SAYS.get(_ALIKE.get(family, family))
    if says is None:
        return None
    kind, message, hint = says
    return kind(message.format(path=path, error=error, name=name), hint=hint)


def _short_of_descriptors(path: Path) -> bool:
    """Whether nothing at all can be opened now: SQLite does not say why it could not."""
    try:
        os.close(os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno in _SHORTAGES
    return False
