"""Brings a database's schema up to date, and refuses one that is newer than this program."""

import sqlite3
from pathlib import Path

from components.state.db import backup
from components.state.db.errors import StateOld, StateTooNew
from components.state.db.lock import LOCK, DaemonLock

NAMES = (
    "m0001_queue",
    "m0002_runs",
    "m0003_lifecycle",
    "m0004_audit",
    "m0005_why_runs_stopped",
    "m0006_held_content",
    "m0007_turns",
    "m0008_tries",
    "m0009_families",
    "m0010_book",
    "m0011_figures",
    "m0012_packed_verdicts",
    "m0013_base_set_back",
    "m0014_forward",
    "m0015_looks",
    "m0016_stages",
    "m0017_since_deploy",
    "m0018_bodies",
    "m0019_fills",
    "m0020_portfolio_orders",
    "m0021_shown_versions",
    "m0022_asked",
    "m0023_newest_runs",
)
"""The migrations of `migrations.py`, in their order."""


def update(connection: sqlite3.Connection, path: Path, *, upgrade: bool) -> None:
    """Apply the migrations that the database does not have yet; a new one gets all of them.

    A filled one is copied first, to `NAME-before-MIGRATION.db` beside it.

    Args:
        connection: in autocommit mode, outside a transaction.
        path: the database's file.
        upgrade: whether an older database may be changed: a running daemon of the older version
            could not open it again.

    Raises:
        StateOld, StateTooNew: see `refuse`.
        StateFull, StateFault: no copy could be made; nothing was changed.
    """
    if refuse(connection, path, upgrade=upgrade):
        _migrate(connection, path)


def refuse(connection: sqlite3.Connection, path: Path, *, upgrade: bool) -> list[str]:
    """The migrations that the database does not have yet; changes nothing. As `update`.

    Raises:
        StateOld: it is older, and `upgrade` is not set.
        StateTooNew: it has migrations which this program does not know.
    """
    applied = _applied(connection)
    unknown = applied - set(NAMES)
    if unknown:
        raise StateTooNew(
            f"{path} was written by a newer AlgoOps ({', '.join(sorted(unknown))})",
            hint="upgrade AlgoOps, or restore a backup made before the upgrade",
        )
    missing = [name for name in NAMES if name not in applied]
    if applied and missing and not upgrade:
        how = "stop the daemon, then start it again with this version, or run `algoops upgrade`"
        if worker := DaemonLock(path.with_name(LOCK)).holder():
            how = f"{worker} works on it: wait where it is upgrading it right now; else {how}"
        raise StateOld(f"{path} was written by an older AlgoOps and needs an upgrade", hint=how)
    return missing


def _applied(connection: sqlite3.Connection) -> set[str]:
    there = connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'"
    ).fetchone()[0]
    if not there:
        return set()
    rows = connection.execute(
        "SELECT name FROM _sqlite_migrations WHERE migration_set = 'algoops'"
    ).fetchall()
    return {row[0] for row in rows}


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    # sqlite-utils brings pandas along: a second that only a start with something to do pays.
    import sqlite_utils  # noqa: PLC0415  # see above

    from components.state.db.evidence_migrations import migrations  # noqa: PLC0415  # see above

    # All in one transaction that excludes other processes from the first look on: two that
    # start at once don't both create the tables.
    connection.execute("BEGIN IMMEDIATE")
    try:
        _keep_a_copy(_applied(connection), path)
        migrations.apply(sqlite_utils.Database(connection, execute_plugins=False))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _keep_a_copy(applied: set[str], path: Path) -> None:
    """Of a filled database that lacks something, as another connection still sees it."""
    missing = [name for name in NAMES if name not in applied]
    if not applied or not missing:
        return
    before = sqlite3.connect(path)
    try:
        backup.copy(before, path, path.with_name(f"{path.stem}-before-{missing[0]}.db"))
    finally:
        before.close()
