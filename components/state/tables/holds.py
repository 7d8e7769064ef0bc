"""Holds: versions that must not be deployed until someone lifts it, with who and why."""

import sqlite3

from components.state.db.database import Database
from components.state.db.errors import NotFound
from components.state.tables.audit import AuditLog
from components.state.tables.records import HeldVersion


class Holds:
    """Table holds."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def hold(  # one argument a column
        self,
        repository: str,
        name: str,
        version: str,
        actor: str,
        reason: str,
        *,
        content: str = "",
    ) -> HeldVersion:
        """Hold a version; one that is held already stays as it was held first.

        `content`: what it consists of, whatever its number; "" where that is not known.
        """
        with self._db.transaction():
            held = self.active(repository, name, version)
            if held is not None:
                return held
            number = self._db.insert(
                "holds",
                {
                    "repository": repository,
                    "name": name,
                    "version": version,
                    "actor": actor,
                    "reason": reason,
                    "held_at": self._db.now(),
                    "content": content,
                },
            )
            details = {"version": version, "reason": reason}
            self._audit.append(actor, "hold.set", name, "", "held", details, repository)
            return self._by_id(number)

    def unhold(
        self, repository: str, name: str, version: str, actor: str, reason: str
    ) -> HeldVersion:
        """Lift a hold.

        Raises:
            NotFound: this version is not held.
        """
        with self._db.transaction():
            held = self.active(repository, name, version)
            if held is None:
                raise NotFound(f"{name} {version} is not held")
            self._db.execute(
                "UPDATE holds SET lifted_at = ?, lifted_by = ?, lift_reason = ? WHERE id = ?",
                (self._db.now(), actor, reason, held.id),
            )
            details = {"version": version, "reason": reason}
            self._audit.append(actor, "hold.lifted", name, "held", "", details, repository)
            return self._by_id(held.id)

    def active(self, repository: str, name: str, version: str) -> HeldVersion | None:
        """The hold on a version, None when it may be deployed."""
        row = self._db.one(
            "SELECT * FROM holds WHERE repository = ? AND name = ? AND version = ?"
            " AND lifted_at = ''",
            (repository, name, version),
        )
        return _hold(row) if row is not None else None

    def list(
        self,
        repository: str | None = None,
        name: str | None = None,
        *,
        lifted: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> list[HeldVersion]:
        """Holds, newest first; with `lifted` also those that were lifted."""
        rows = self._db.rows(
            "SELECT * FROM holds WHERE (:repository IS NULL OR repository = :repository)"
            " AND (:name IS NULL OR name = :name) AND (:lifted OR lifted_at = '')"
            " ORDER BY id DESC LIMIT :limit OFFSET :offset",
            {
                "repository": repository,
                "name": name,
                "lifted": lifted,
                "limit": limit,
                "offset": offset,
            },
        )
        return [_hold(row) for row in rows]

    def _by_id(self, number: int) -> HeldVersion:
        return _hold(self._db.rows("SELECT * FROM holds WHERE id = ?", (number,))[0])


def _hold(row: sqlite3.Row) -> HeldVersion:
    return HeldVersion(**dict(row))
