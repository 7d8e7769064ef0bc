"""Deployments: every landing that changed what is deployed of a strategy."""

import sqlite3
from datetime import datetime
from typing import Any, Required, TypedDict, Unpack

from components.state.db import clock
from components.state.db.database import Database
from components.state.tables.audit import AuditLog
from components.state.tables.records import Deployment

# What was deployed before and may be again: not what was rolled back, not what is held.
_PREVIOUS = """
SELECT d.* FROM deployments AS d
LEFT JOIN strategies AS s ON s.repository = d.repository AND s.name = d.name
LEFT JOIN versions AS v ON v.strategy_id = s.id AND v.version = d.version AND v.deployed_at != ''
WHERE d.repository = :repository AND d.name = :name AND d.stage = '' AND d.version != ''
  AND d.version != :current AND ifnull(v.lifecycle, '') != 'rolled_back'
  AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.repository = d.repository AND h.name = d.name
                  AND h.version = d.version AND h.lifted_at = '')
ORDER BY d.id DESC LIMIT 1
"""

_AUDITED = ("kind", "stage", "commit", "base_before", "tag", "proposal", "reason", "tree")


class LandedFacts(TypedDict, total=False):
    """What is known of a landing.

    Attributes:
        kind: deploy | rollback | removal | external.
        commit: what the base (or the stage's branch) is now.
        stage: where; "" is the base.
        actor: who did it.
        reason: why, for people.
        base_before: what the base was.
        tree: the folder's tree in the commit.
        content_key: of the verdict that it landed with.
        tag: its name, where one was made.
        proposal: its id, where one landed.
        run_id: the run whose verdict it landed with.
    """

    kind: Required[str]
    commit: Required[str]
    actor: Required[str]
    reason: str
    base_before: str
    tree: str
    content_key: str
    tag: str
    proposal: str
    run_id: int | None
    stage: str


_UNKNOWN = {
    **dict.fromkeys(
        ("reason", "base_before", "tree", "content_key", "tag", "proposal", "stage"), ""
    ),
    "run_id": None,
}


class Deployments:
    """Table deployments."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def record(
        self,
        repository: str,
        name: str,
        version: str,
        *,
        found: bool = False,
        **facts: Unpack[LandedFacts],
    ) -> Deployment:
        """Write down that a commit landed; the same commit again changes nothing.

        Args:
            repository: its key in the configuration.
            name: the strategy.
            version: "" for a removal.
            found: nobody landed it through the bot, the branch was found so. A commit may become
                its tip again when somebody set it back: then it is written down again.
            facts: see `LandedFacts`.
        """
        own = {"repository": repository, "name": name, "version": version}
        values: dict[str, Any] = {**_UNKNOWN, **own, **facts, "deployed_at": self._db.now()}
        stage, commit, actor = facts.get("stage", ""), facts["commit"], facts["actor"]
        with self._db.transaction():
            known = self._of_commit(repository, name, stage, commit)
            if known is not None and not (found and self._is_past(known)):
                return known
            before = self.current(repository, name, stage)
            self._db.insert("deployments", values)
            old = before.version if before is not None else ""
            details = {key: values[key] for key in _AUDITED if values[key]}
            self._audit.append(
                actor, "deployment.recorded", name, old, version, details, repository
            )
            return self.list(repository, name, stage=stage, limit=1)[0]

    def _of_commit(self, repository: str, name: str, stage: str, commit: str) -> Deployment | None:
        row = self._db.one(
            "SELECT * FROM deployments WHERE repository = ? AND name = ? AND stage = ?"
            ' AND "commit" = ? ORDER BY id DESC LIMIT 1',
            (repository, name, stage, commit),
        )
        return _deployment(row) if row is not None else None

    def _is_past(self, landing: Deployment) -> bool:
        newest = self.list(landing.repository, landing.name, stage=landing.stage, limit=1)
        return newest[0].id != landing.id

    def current(self, repository: str, name: str, stage: str = "") -> Deployment | None:
        """The landing that made what is on a stage now; None when nothing is."""
        newest = self.list(repository, name, stage=stage, limit=1)
        return newest[0] if newest and newest[0].version else None

    def commit_of(self, landing: int) -> str:
        """The commit of a landing by its number."""
        return str(self._db.value('SELECT "commit" FROM deployments WHERE id = ?', (landing,)))

    def live(self, repository: str, stage: str = "") -> list[Deployment]:
        """The landings that made what is on a stage now, by name."""
        rows = self._db.rows(
            "SELECT * FROM deployments WHERE version != '' AND id IN (SELECT max(id)"
            " FROM deployments WHERE repository = ? AND stage = ? GROUP BY name) ORDER BY name",
            (repository, stage),
        )
        return [_deployment(row) for row in rows]

    def previous(self, repository: str, name: str) -> Deployment | None:
        """The newest landing of another version that was neither rolled back nor is held."""
        now = self.current(repository, name)
        row = self._db.one(
            _PREVIOUS,
            {
                "repository": repository,
                "name": name,
                "current": now.version if now is not None else "",
            },
        )
        return _deployment(row) if row is not None else None

    def lost(self, since: datetime) -> tuple[Deployment, ...]:
        """Live strategies that somebody took off a base outside the bot, and that are still gone.

        Args:
            since: only what was noticed then or later; timezone-aware.
        """
        rows = self._db.rows(
            "SELECT * FROM deployments AS d WHERE kind = 'removal' AND proposal = ''"
            " AND stage = ''"
            " AND deployed_at >= ? AND NOT EXISTS (SELECT 1 FROM deployments AS later"
            " WHERE later.repository = d.repository AND later.name = d.name AND later.stage = ''"
            " AND later.id > d.id)"
            " ORDER BY id",
            (clock.text(since),),
        )
        return tuple(_deployment(row) for row in rows)

    def list(
        self,
        repository: str | None = None,
        name: str | None = None,
        *,
        stage: str | None = "",
        limit: int = 100,
        offset: int = 0,
    ) -> list[Deployment]:
        """Landings on a stage ("" is the base; None: on all of them), newest first."""
        where, params = ["1 = 1"], []
        for column, value in (("repository", repository), ("name", name), ("stage", stage)):
            if value is not None:
                where.append(f"{column} = ?")
                params.append(value)
        rows = self._db.rows(
            f"SELECT * FROM deployments WHERE {' AND '.join(where)}"  # noqa: S608  # our words, bound values
            " ORDER BY id DESC LIMIT ? OFFSET ?",
            (*params, limit, offset),
        )
        return [_deployment(row) for row in rows]


def _deployment(row: sqlite3.Row) -> Deployment:
    return Deployment(**dict(row))
