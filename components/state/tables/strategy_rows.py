"""Strategies as they stand: one by one, by number or name, and in pages."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from components.errors import UserError
from components.state.db.database import Database, decode
from components.state.lifecycle import IN_PROPOSAL, Lifecycle
from components.state.tables.audit import AuditLog
from components.state.tables.records import AuditRow, Figures, Strategy
from components.state.tables.versions import PROPOSED

_DIGITS = 18
"""Numbers up to here fit the database's 64 bits."""


class SortBy(StrEnum):
    """What lists of strategies may be sorted by."""

    NAME = "name"
    CHANGED = "changed"
    RETURN = "return"
    SHARPE = "sharpe"
    LUCK = "luck"
    DRAWDOWN = "drawdown"
    TRADES = "trades"


@dataclass(frozen=True)
class ListOrder:
    """The order of a list: names from A, times and figures from the largest, or in reverse.

    Strategies without the figure come last either way.
    """

    by: SortBy = SortBy.NAME
    reverse: bool = False

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return (self.by is not SortBy.NAME) != self.reverse


BY_NAME = ListOrder()


class StrategyRows:
    """Table strategies, for reading."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def get(self, repository: str, name: str) -> Strategy | None:
        """One strategy."""
        found = self._read("strategies WHERE repository = ? AND name = ?", (repository, name))
        return found[0] if found else None

    def by_id(self, strategy_id: int) -> Strategy | None:
        """One strategy by its number."""
        found = self._read("strategies WHERE id = ?", (strategy_id,))
        return found[0] if found else None

    def find(self, text: str) -> Strategy | None:
        """One strategy by its number or name, as people write it.

        Raises:
            UserError: several repositories have a strategy of this name.
        """
        if text.isascii() and text.isdigit():
            return self.by_id(int(text)) if len(text) <= _DIGITS else None  # 64 bits
        rows = self._read("strategies WHERE name = ? ORDER BY id", (text,))
        if len(rows) > 1:
            places = ", ".join(f"{row.repository} (number {row.id})" for row in rows)
            raise UserError(f"{text} is in several repositories: {places}", hint="use its number")
        return rows[0] if rows else None

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

    def _read(
        self, source: str, params: tuple[Any, ...] | dict[str, Any], columns: str = "*"
    ) -> list[Strategy]:
        rows = self._db.rows(f"SELECT {columns} FROM {source}", params)  # noqa: S608  # our words, bound values
        figures = self._figures([row["id"] for row in rows])
        return [replace(strategy(row), figures=figures[row["id"]]) for row in rows]

    def _figures(self, numbers: Sequence[int]) -> dict[int, Figures]:
        columns = ", ".join(f"f.{field.name}" for field in fields(Figures))
        rows = self._db.rows(
            f"SELECT s.id, {columns} FROM strategies AS s LEFT JOIN {_FIGURES}"  # noqa: S608  # our words, bound values
            " WHERE s.id IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers),),
        )
        return {row[0]: Figures(*row[1:]) for row in map(tuple, rows)}

    def list(
        self,
        repository: str | None = None,
        status: Lifecycle | None = None,
        limit: int = 100,
        offset: int = 0,
        search: str = "",
        order: ListOrder = BY_NAME,
    ) -> list[Strategy]:
        """Strategies, with what of each stands in a state, and the figures that stand for it.

        Args:
            repository: only of this one; None for all.
            status: what is deployed, or a proposal's version, in this state. A strategy is there
                once for each, with that proposal as its proposed one. Of a strategy with neither
                it is how its last version ended. None: each strategy once, as it stands.
            limit: at most so many.
            offset: skip so many.
            search: a part of the name.
            order: which come first.
        """
        where, params = _filter(repository, status, search)
        figures = f" LEFT JOIN {_FIGURES}" if order.by in _OF_FIGURES else ""
        return self._read(
            f"{_table(status)}{figures} WHERE {where}"
            f" ORDER BY {_order(order)}, s.name, s.repository"
            f" {', proposal_meant' if status else ''} LIMIT :limit OFFSET :offset",
            {**params, "limit": limit, "offset": offset},
            f"s.* {_FIELDS if status else ''}",
        )


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

_OF_FIGURES = {
    SortBy.RETURN: "return_pct",
    SortBy.SHARPE: "sharpe",
    SortBy.LUCK: "luck",
    SortBy.DRAWDOWN: "max_drawdown_pct",
    SortBy.TRADES: "trades",
}
_FIGURES = """figures AS f ON f.content_key = (
    SELECT v.content_key FROM versions AS v WHERE v.strategy_id = s.id
    ORDER BY v.lifecycle = 'deployed' DESC, v.deployed_at != '' DESC, v.moved DESC LIMIT 1
)"""
"""Figures of the version that stands for a strategy: the deployed one, else the newest."""


def _order(order: ListOrder) -> str:
    column = {SortBy.NAME: "s.name", SortBy.CHANGED: "s.updated_at"}.get(order.by)
    column = column or f"f.{_OF_FIGURES[order.by]}"
    return f"{column} IS NULL, {column} {'DESC' if order.descending else 'ASC'}"


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
    values = dict(row)
    state, version, proposal = (values.pop(key, "") for key in _MEANT)
    if state in IN_PROPOSAL:
        meant = {"proposed_status": state, "proposed_version": version, "proposal": proposal}
        values |= meant
    proposed = values["proposed_status"]
    values["status"] = Lifecycle(values["status"])
    values["proposed_status"] = Lifecycle(proposed) if proposed else None
    values["timestamps"] = decode(values["timestamps"])
    return Strategy(**values)
