"""Strategies as they stand: one by one, by number or name, and in pages."""

import sqlite3
from typing import Any

from components.errors import UserError
from components.state.db.database import Database, decode
from components.state.lifecycle import IN_PROPOSAL, Lifecycle
from components.state.tables.audit import AuditLog
from components.state.tables.records import AuditRow, Strategy
from components.state.tables.versions import PROPOSED

_DIGITS = 18
"""Numbers up to here fit the database's 64 bits."""


class StrategyRows:
    """Table strategies, for reading."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def get(self, repository: str, name: str) -> Strategy | None:
        """One strategy."""
        row = self._db.one(
            "SELECT * FROM strategies WHERE repository = ? AND name = ?", (repository, name)
        )
        return strategy(row) if row is not None else None

    def by_id(self, strategy_id: int) -> Strategy | None:
        """One strategy by its number."""
        row = self._db.one("SELECT * FROM strategies WHERE id = ?", (strategy_id,))
        return strategy(row) if row is not None else None

    def find(self, text: str) -> Strategy | None:
        """One strategy by its number or name, as people write it.

        Raises:
            UserError: several repositories have a strategy of this name.
        """
        if text.isascii() and text.isdigit():
            return self.by_id(int(text)) if len(text) <= _DIGITS else None  # 64 bits
        rows = self._db.rows("SELECT * FROM strategies WHERE name = ? ORDER BY id", (text,))
        if len(rows) > 1:
            places = ", ".join(f"{row['repository']} (number {row['id']})" for row in rows)
            raise UserError(f"{text} is in several repositories: {places}", hint="use its number")
        return strategy(rows[0]) if rows else None

    def count(
        self, repository: str | None = None, status: Lifecycle | None = None, search: str = ""
    ) -> int:
        """How many rows `list` would go through."""
        where, params = _filter(repository, status, search)
        return int(
            self._db.value(f"SELECT count(*) FROM {_table(status)} WHERE {where}", params)  # noqa: S608  # our words, bound values
        )

    def counts(self) -> dict[str, int]:
        """State -> how many rows `list` has for it; what every figure of states is made of."""
        return self._db.counts(f"SELECT state, count(*) FROM {_STANDING} GROUP BY state")  # noqa: S608  # our words

    def history(
        self, repository: str, name: str, limit: int = 100, before: int | None = None
    ) -> list[AuditRow]:
        """What the audit log says of a strategy, newest first; see `AuditLog.list`."""
        return self._audit.list(repository=repository, strategy=name, limit=limit, before=before)

    def list(
        self,
        repository: str | None = None,
        status: Lifecycle | None = None,
        limit: int = 100,
        offset: int = 0,
        search: str = "",
    ) -> list[Strategy]:
        """Strategies by name, with what of each stands in a state.

        Args:
            repository: only of this one; None for all.
            status: what is deployed, or a proposal's version, in this state. A strategy is there
                once for each, with that proposal as its proposed one. Of a strategy with neither
                it is how its last version ended. None: each strategy once, as it stands.
            limit: at most so many.
            offset: skip so many.
            search: a part of the name.
        """
        where, params = _filter(repository, status, search)
        rows = self._db.rows(
            f"SELECT s.* {_FIELDS if status else ''} FROM {_table(status)}"  # noqa: S608  # our words, bound values
            f" WHERE {where} ORDER BY s.name, s.repository {', proposal_meant' if status else ''}"
            " LIMIT :limit OFFSET :offset",
            {**params, "limit": limit, "offset": offset},
        )
        return [strategy(row) for row in rows]


_STANDING = f"""(
    SELECT strategy_id, lifecycle AS state, version AS version_meant, proposal AS proposal_meant
    FROM versions WHERE lifecycle = 'deployed' OR lifecycle IN ({PROPOSED})
    UNION ALL
    SELECT id, status, '', '' FROM strategies
    WHERE status != 'deployed' AND status NOT IN ({PROPOSED})
)"""  # noqa: S608  # our words
"""What stands of each strategy: the deployed version, each proposal's; else how the last ended."""

_MEANT = ("state", "version_meant", "proposal_meant")
_FIELDS = f", {', '.join(_MEANT)}"


def _table(status: Lifecycle | None) -> str:
    meant = f" JOIN {_STANDING} AS t ON t.strategy_id = s.id" if status is not None else ""
    return f"strategies AS s{meant}"


def _filter(
    repository: str | None, status: Lifecycle | None, search: str
) -> tuple[str, dict[str, Any]]:
    where, params = ["1 = 1"], {}
    if repository is not None:
        where.append("s.repository = :repository")
        params["repository"] = repository
    if status is not None:
        where.append("t.state = :status")
        params["status"] = str(status)
    if search:
        where.append("s.name LIKE :search ESCAPE '\\'")
        escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        params["search"] = f"%{escaped}%"
    return " AND ".join(where), params


def strategy(row: sqlite3.Row) -> Strategy:
    """The value of a row."""
    fields = dict(row)
    state, version, proposal = (fields.pop(key, "") for key in _MEANT)
    if state in IN_PROPOSAL:
        meant = {"proposed_status": state, "proposed_version": version, "proposal": proposal}
        fields |= meant
    proposed = fields["proposed_status"]
    fields["status"] = Lifecycle(fields["status"])
    fields["proposed_status"] = Lifecycle(proposed) if proposed else None
    fields["timestamps"] = decode(fields["timestamps"])
    return Strategy(**fields)
