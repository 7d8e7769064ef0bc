"""Figures, health and retention of the whole database."""

from datetime import timedelta

from components.state.db import clock
from components.state.db.database import Database
from components.state.tables.inbox import Inbox
from components.state.tables.notes import OUTCOME
from components.state.tables.records import Stats
from components.state.tables.runs import LED_TO_A_DEPLOYMENT
from components.state.tables.strategy_rows import StrategyRows

_BATCH = 500
"""Rows removed in one transaction, so that writers wait milliseconds only."""

_OLD = {
    "jobs": "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE finished_at != ''"
    " AND finished_at < :before LIMIT :batch)",
    # Who was served before every waiting job came stands where everybody new does. The last turn
    # is the clock.
    "turns": "DELETE FROM served WHERE (queue, repository, author) IN (SELECT queue, repository,"
    " author FROM served WHERE turn < (SELECT max(turn) FROM served) AND turn <= ifnull((SELECT"
    " min(arrived) FROM jobs WHERE status IN ('queued', 'leased')), turn) LIMIT :batch)",
    "inbox": "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE settled_at != ''"
    " AND settled_at < :before LIMIT :batch)",
    "intents": "DELETE FROM intents WHERE id IN (SELECT id FROM intents WHERE settled_at != ''"
    " AND settled_at < :before LIMIT :batch)",
    "checks": "DELETE FROM run_checks WHERE id IN (SELECT c.id FROM run_checks AS c"  # noqa: S608  # our own words
    " JOIN runs AS r ON r.id = c.run_id WHERE r.finished_at != '' AND r.finished_at < :before"
    f" AND NOT {LED_TO_A_DEPLOYMENT} LIMIT :batch)",
    "outcomes": f"DELETE FROM meta WHERE key IN (SELECT key FROM meta WHERE key GLOB '{OUTCOME}*'"  # noqa: S608  # our own word
    " AND updated_at < :before LIMIT :batch)",
    "backtests": "UPDATE backtests SET result = '' WHERE id IN (SELECT id FROM backtests"
    " WHERE completed_at != '' AND completed_at < :before AND result != '' LIMIT :batch)",
}


_OF_CONTENTS = {
    "book": "DELETE FROM book_returns WHERE rowid IN (SELECT b.rowid FROM book_returns AS b"
    " WHERE b.recorded_at < :before AND NOT EXISTS (SELECT 1 FROM versions AS v"
    " WHERE v.tree = b.tree AND v.tree != ''"
    " AND (v.deployed_at != '' OR v.lifecycle != 'archived')) AND NOT EXISTS (SELECT 1"
    " FROM deployments AS d WHERE d.tree = b.tree AND d.tree != '') LIMIT :batch)",
}


def days_ago(db: Database, days: float) -> str:
    """The time so many days ago, as rows have it; `days` must not be negative."""
    if days < 0:
        raise ValueError("days must not be negative")
    return clock.text(db.time() - timedelta(days=days))


def prune(db: Database, before: str, contents_before: str) -> dict[str, int]:
    """Remove what has served: jobs, events, intents, outcomes, progress of runs, backtests' bodies.

    Also returns of contents that were never deployed and are in no open proposal. Runs themselves,
    what led to a deployment, tries and the audit log stay.

    Args:
        db: the database.
        before: only what ended before this time.
        contents_before: only returns that were recorded before this time.

    Returns:
        How many rows of each kind.
    """
    work = {what: _remove(db, sql, before) for what, sql in _OLD.items()}
    return work | {what: _remove(db, sql, contents_before) for what, sql in _OF_CONTENTS.items()}


def _remove(db: Database, sql: str, before: str) -> int:
    total = 0
    while True:
        with db.transaction():
            count = db.execute(sql, {"before": before, "batch": _BATCH}).rowcount
        total += count
        if count < _BATCH:
            return total


def check(db: Database) -> None:
    """Whether the database can be read and written now; quick.

    Raises:
        AlgoOpsError: it cannot, and why.
    """
    db.value("SELECT count FROM audit_head")
    with db.transaction():
        db.execute(
            "INSERT INTO meta (key, value, updated_at) VALUES ('state.checked', '', ?)"
            " ON CONFLICT DO UPDATE SET updated_at = excluded.updated_at",
            (db.now(),),
        )


def stats(db: Database, inbox: Inbox, strategies: StrategyRows) -> Stats:
    """Figures for metrics and health."""
    wal = db.path.with_name(db.path.name + "-wal")
    return Stats(
        strategies=strategies.counts(),
        jobs=db.counts(
            "SELECT status, count(*) FROM jobs WHERE status IN ('queued', 'leased') GROUP BY status"
        ),
        inbox_pending=inbox.count(),
        inbox_oldest_s=inbox.oldest_age_s(),
        open_intents=db.value("SELECT count(*) FROM intents WHERE settled_at = ''"),
        holds=db.value("SELECT count(*) FROM holds WHERE lifted_at = ''"),
        deployments=db.value("SELECT count(*) FROM deployments"),
        audit_rows=db.value("SELECT count FROM audit_head"),
        database_bytes=db.path.stat().st_size,
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        landings=db.counts("SELECT kind, count(*) FROM deployments GROUP BY kind"),
    )
