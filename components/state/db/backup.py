"""An online copy of the database: the bot goes on meanwhile."""

import os
import sqlite3
from pathlib import Path

from components.errors import UserError
from components.state.db.database import Database
from components.state.db.errors import StateCorrupt, StateFault, StateUnreadable, translated


def backup(db: Database, target: Path, *, overwrite: bool = False) -> int:
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
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        _copy(db, partial)
        _sync(partial)
        partial.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise StateFault(f"cannot write {target}: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(db: Database, partial: Path) -> None:
    partial.unlink(missing_ok=True)
    with translated(partial):
        copy = sqlite3.connect(partial)
        try:
            db.copy_to(copy)
            # One file that can be carried away: no WAL beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            problem = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
        finally:
            copy.close()
    if problem != "ok":
        raise StateCorrupt(f"{db.path} is damaged: {problem}", hint="restore an earlier backup")


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
