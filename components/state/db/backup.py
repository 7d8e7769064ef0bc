"""An online copy of the database: the bot goes on meanwhile."""

import glob
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import UserError
from components.state.db.errors import StateCorrupt, StateFault, StateUnreadable, translated

if TYPE_CHECKING:
    from components.state.db.database import Database


def backup(db: "Database", target: Path, *, overwrite: bool = False) -> int:
    """Copy the database as it is at one moment; the copy is checked before it gets its name.

    Args:
        db: what to copy.
        target: the file to make; it opens like any other database.
        overwrite: replace a file that is there.

    Returns:
        The copy's size in bytes.

    Raises:
        UserError: the file exists or is the database itself, or its folder is missing.
        StateFull, StateFault, StateCorrupt: no copy was made; nothing is left at `target`.
    """
    if target.exists() and target.samefile(db.path):
        raise UserError(f"{target} is the database itself", hint="choose another name")
    if target.exists() and not overwrite:
        raise UserError(f"{target} exists", hint="choose another name, or replace it with --force")
    if not target.parent.is_dir():
        raise StateUnreadable(f"there is no folder {target.parent}", hint="make it first")
    with db.reading() as connection:
        copy(connection, db.path, target)
    return target.stat().st_size


def copy(source: sqlite3.Connection, path: Path, target: Path) -> None:
    """Copy an open database; the copy is checked and on disk before it gets its name.

    Args:
        source: a connection to it, outside a transaction.
        path: its file, for messages.
        target: replaced where it exists.

    Raises:
        StateFull, StateFault, StateCorrupt: no copy was made; nothing is changed at `target`.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    _remove_left(target)
    try:
        _copy(source, path, partial)
        _sync(partial)
        partial.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise StateFault(f"cannot write {target}: {error.strerror}") from error
    finally:
        for left in (partial, partial.with_name(f"{partial.name}-journal")):  # of a full disk
            left.unlink(missing_ok=True)


def _remove_left(target: Path) -> None:
    """Remove copies of this name whose process was killed: each takes as much as the database."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*.partial*"):
        number = left.name.split(".")[-2]
        if number.isdecimal() and not Path(f"/proc/{number}").exists():
            left.unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, path: Path, partial: Path) -> None:
    partial.unlink(missing_ok=True)
    with translated(partial):
        made = sqlite3.connect(partial)
        try:
            source.backup(made)
            # One file that can be carried away: no WAL beside it.
            made.execute("PRAGMA journal_mode = DELETE")
            problem = made.execute("PRAGMA integrity_check(1)").fetchone()[0]
        finally:
            made.close()
    if problem != "ok":
        raise StateCorrupt(f"{path} is damaged: {problem}", hint="restore an earlier backup")


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
