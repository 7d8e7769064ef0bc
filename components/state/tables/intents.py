"""Intents: a side effect is announced before it is done and settled after, so none is doubled."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from components.state.db.database import Database
from components.state.db.errors import NotFound
from components.state.tables.audit import AuditLog
from components.state.tables.payloads import read, written
from components.state.tables.records import Intent

DONE = "done"
ABANDONED = "abandoned"


class Intents:
    """Table intents."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def announce(self, kind: str, repository: str, key: str, details: Mapping[str, Any]) -> Intent:
        """Say what is about to be done; on disk when this returns.

        Announced before: that intent is returned (`new` False) with its first details; its
        `outcome` says whether it is done. One that was abandoned is opened anew.

        Args:
            kind: which side effect.
            repository: where.
            key: of what; once for each kind and repository.
            details: what is needed to finish or recognise it after a crash, JSON.
        """
        with self._db.transaction():
            row = self._db.one(
                "SELECT * FROM intents WHERE kind = ? AND key = ? AND repository = ?",
                (kind, key, repository),
            )
            if row is not None and row["outcome"] != ABANDONED:
                return _intent(row)
            row = self._db.execute(
                "INSERT INTO intents (kind, repository, key, details, announced_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, key, repository) DO UPDATE SET"
                " details = excluded.details, announced_at = excluded.announced_at,"
                " settled_at = '', outcome = '' RETURNING *",
                (kind, repository, key, written(details), self._db.now()),
            ).fetchone()
            told = {"kind": kind, "key": key, "intent": row["id"]}
            self._audit.append("algoops", "intent.announced", details=told, repository=repository)
            return _intent(row, new=True)

    def learn(self, intent_id: int, key: str, value: str) -> Intent:
        """Add to an open intent's details what became known on the way; on disk on return.

        Raises:
            NotFound: no such intent.
        """
        with self._db.transaction():
            details = {**self._get(intent_id).details, key: value}
            self._db.execute(
                "UPDATE intents SET details = ? WHERE id = ?", (written(details), intent_id)
            )
            return self._get(intent_id)

    def settle(self, intent_id: int, outcome: str = DONE) -> bool:
        """Say how it ended (`done`, `abandoned`, or other words); False when that was said before.

        Raises:
            NotFound: no such intent.
        """
        if not outcome:
            raise ValueError("an intent is settled with an outcome")
        with self._db.transaction():
            row = self._db.execute(
                "UPDATE intents SET settled_at = ?, outcome = ?"
                " WHERE id = ? AND settled_at = '' RETURNING *",
                (self._db.now(), outcome, intent_id),
            ).fetchone()
            if row is None:
                self._get(intent_id)
                return False
            told = {"kind": row["kind"], "key": row["key"], "intent": intent_id}
            self._audit.append(
                "algoops", "intent.settled", "", "open", outcome, told, row["repository"]
            )
            return True

    def open(self, kind: str | None = None, repository: str | None = None) -> list[Intent]:
        """Intents which nobody has settled, oldest first: to be reconciled with the outside."""
        rows = self._db.rows(
            "SELECT * FROM intents WHERE settled_at = '' AND (:kind IS NULL OR kind = :kind)"
            " AND (:repository IS NULL OR repository = :repository) ORDER BY id",
            {"kind": kind, "repository": repository},
        )
        return [_intent(row) for row in rows]

    def _get(self, intent_id: int) -> Intent:
        row = self._db.one("SELECT * FROM intents WHERE id = ?", (intent_id,))
        if row is None:
            raise NotFound(f"no intent {intent_id}")
        return _intent(row)


def _intent(row: sqlite3.Row, *, new: bool = False) -> Intent:
    details, number = read(row["details"])
    return Intent(**{**dict(row), "details": details, "format": number}, new=new)
