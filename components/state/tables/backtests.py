"""Backtests asked for over HTTP, each with its progress and result."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from components.state.db.database import Database, decode, encode
from components.state.db.errors import NotFound
from components.state.tables.audit import AuditLog
from components.state.tables.records import Backtest


class Backtests:
    """Table backtests. Status: queued, running, then completed, failed or cancelled."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def create(self, strategy: str, request: Mapping[str, Any], actor: str = "api") -> Backtest:
        """Write a request down.

        Args:
            strategy: its name.
            request: what was asked, a JSON object.
            actor: who asked.
        """
        with self._db.transaction():
            number = self._db.insert(
                "backtests",
                {
                    "strategy": strategy,
                    "status": "queued",
                    "request": encode(dict(request)),
                    "created_at": self._db.now(),
                },
            )
            self._tell(number, strategy, "", "queued", actor)
            return self._get(number)

    def start(self, backtest_id: int) -> bool:
        """It is at work (also again, after a crash); False when it is over."""
        return self._change(
            backtest_id,
            "status = 'running', progress = 0,"
            " started_at = CASE WHEN started_at = '' THEN ? ELSE started_at END",
            (self._db.now(),),
        )

    def progress(self, backtest_id: int, fraction: float) -> bool:
        """How far it is, 0 to 1; False when it is over (cancelled, for one): stop."""
        return self._change(backtest_id, "progress = ?", (min(1.0, max(0.0, float(fraction))),))

    def finish(self, backtest_id: int, status: str, *, result: str = "", error: str = "") -> bool:
        """End it: completed with a result (JSON), or failed or cancelled with an error.

        Returns:
            False when it was over before: nothing is changed.
        """
        if status not in {"completed", "failed", "cancelled"}:
            raise ValueError(f"a backtest does not end as {status!r}")
        with self._db.transaction():
            before = self._get(backtest_id)
            done = self._change(
                backtest_id,
                "status = ?, result = ?, error = ?, completed_at = ?,"
                " progress = CASE WHEN ? = 'completed' THEN 1 ELSE progress END",
                (status, result, error, self._db.now(), status),
            )
            if done:
                self._tell(backtest_id, before.strategy, before.status, status, "algoops")
            return done

    def _change(self, backtest_id: int, change: str, values: tuple[object, ...]) -> bool:
        with self._db.transaction():
            cursor = self._db.execute(
                f"UPDATE backtests SET {change}"  # noqa: S608  # our words, bound values
                " WHERE id = ? AND completed_at = ''",
                (*values, backtest_id),
            )
            return cursor.rowcount == 1

    def _tell(self, number: int, strategy: str, old: str, new: str, actor: str) -> None:
        self._audit.append(actor, f"backtest.{new}", strategy, old, new, {"backtest": number})

    def get(self, backtest_id: int) -> Backtest | None:
        """One backtest."""
        row = self._db.one("SELECT * FROM backtests WHERE id = ?", (backtest_id,))
        return _backtest(row) if row is not None else None

    def _get(self, backtest_id: int) -> Backtest:
        found = self.get(backtest_id)
        if found is None:
            raise NotFound(f"no backtest {backtest_id}")
        return found

    def unfinished(self) -> list[Backtest]:
        """Those that wait, are at work, or were when the bot stopped; oldest first."""
        rows = self._db.rows("SELECT * FROM backtests WHERE completed_at = '' ORDER BY id")
        return [_backtest(row) for row in rows]

    def list(self, strategy: str | None = None, limit: int = 50, offset: int = 0) -> list[Backtest]:
        """Backtests, newest first."""
        rows = self._db.rows(
            "SELECT * FROM backtests WHERE (:strategy IS NULL OR strategy = :strategy)"
            " ORDER BY id DESC LIMIT :limit OFFSET :offset",
            {"strategy": strategy, "limit": limit, "offset": offset},
        )
        return [_backtest(row) for row in rows]


def _backtest(row: sqlite3.Row) -> Backtest:
    return Backtest(**{**dict(row), "request": decode(row["request"])})
