"""Brings a database's schema up to date, and refuses one that is newer than this program."""

import sqlite3
from pathlib import Path

from components.state.db.errors import StateTooNew

NAMES = (
    "m0001_queue",
    "m0002_runs",
    "m0003_lifecycle",
    "m0004_audit",
    "m0005_why_runs_stopped",
    "m0006_held_content",
)
"""The migrations of `migrations.py`, in their order."""


def update(connection: sqlite3.Connection, path: Path) -> None:
    """Apply the migrations that the database does not have yet.

    Args:
        connection: in autocommit mode, outside a transaction.
        path: for messages.

    Raises:
        StateTooNew: it has migrations which this program does not know.
    """
    applied = _applied(connection)
    unknown = applied - set(NAMES)
    if unknown:
        raise StateTooNew(
            f"{path} was written by a newer AlgoOps ({', '.join(sorted(unknown))})",
            hint="upgrade AlgoOps, or restore a backup made before the upgrade",
        )
    if applied != set(NAMES):
        _migrate(connection)


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


def _migrate(connection: sqlite3.Connection) -> None:
    # sqlite-utils brings pandas along: a second that only a start with something to do pays.
    import sqlite_utils  # noqa: PLC0415  # see above

    from components.state.db.migrations import migrations  # noqa: PLC0415  # see above

    # All in one transaction that excludes other processes from the first look on: two that
    # start at once don't both create the tables.
    connection.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(sqlite_utils.Database(connection, execute_plugins=False))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
