"""The audit log: append-only and chained (`chain.py`)."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from components.state.db.database import Database, decode, encode, storable
from components.state.tables.chain import Chain
from components.state.tables.records import AuditHead, AuditProblem, AuditRow

_GUARDS = frozenset(
    {
        "audit_log_no_update",
        "audit_log_no_delete",
        "audit_head_only_grows",
        "audit_head_stays",
    }
)
_FIELDS = ("id", "timestamp", "actor", "event", "repository", "strategy", "old", "new", "details")


class AuditLog:
    """Table audit_log."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._chain = Chain(db, "audit_log", "audit_head", _FIELDS, _GUARDS)

    def append(  # noqa: PLR0917  # one argument a column, in their order
        self,
        actor: str,
        event: str,
        strategy: str = "",
        old: str = "",
        new: str = "",
        details: Mapping[str, Any] | None = None,
        repository: str = "",
    ) -> AuditRow:
        """Write one row, in the transaction that is open or one of its own.

        Args:
            actor: who did it: a person's login, or a part of the bot.
            event: what happened: `family.verb`.
            strategy: its name, or "".
            old: what it was, where that is one word.
            new: what it is now.
            details: anything else, JSON.
            repository: its key in the configuration, or "".
        """
        words = _storable(actor, event, repository, strategy, old, new)
        body = encode(dict(details or {}))
        with self._db.transaction():
            timestamp = self._db.now()
            number, before, digest = self._chain.append((timestamp, *words, body))
        return AuditRow(number, timestamp, *words, decode(body), before, digest)

    def head(self) -> AuditHead:
        """Where the log ends now."""
        return self._chain.head()

    def _page(
        self,
        wanted: Mapping[str, str | None],
        before: int | None,
        limit: int,
        *,
        newest_first: bool,
    ) -> list[AuditRow]:
        chosen = {f"{column} = ?": value for column, value in wanted.items() if value is not None}
        if before is not None:
            chosen["id < ?"] = str(before)
        order = "DESC" if newest_first else "ASC"
        rows = self._db.rows(
            f"SELECT * FROM audit_log WHERE {' AND '.join(chosen) or '1 = 1'}"  # noqa: S608  # our words, bound values
            f" ORDER BY id {order} LIMIT ?",
            (*chosen.values(), limit),
        )
        return [_row(row) for row in rows]

    def list(
        self,
        *,
        repository: str | None = None,
        strategy: str | None = None,
        event: str | None = None,
        before: int | None = None,
        limit: int = 100,
        newest_first: bool = True,
    ) -> list[AuditRow]:
        """Rows, newest first.

        Args:
            repository: only of this one; None for all.
            strategy: only of this one.
            event: only this one; with a dot at its end, its whole family.
            before: only rows older than this id: pass the last id of the page before.
            limit: at most so many.
            newest_first: False for the order in which they were written.
        """
        wanted = {"repository": repository, "strategy": strategy, "event": event}
        if event is None or not event.endswith("."):
            return self._page(wanted, before, limit, newest_first=newest_first)
        pages = [
            self._page({**wanted, "event": name}, before, limit, newest_first=newest_first)
            for name in self._family(event)
        ]
        merged = sorted(chain(*pages), key=lambda row: row.id, reverse=newest_first)
        return merged[:limit]

    def _family(self, prefix: str) -> Iterator[str]:
        # From name to name through the index, however many rows each has.
        name = prefix
        while True:
            name = self._db.value("SELECT min(event) FROM audit_log WHERE event > ?", (name,))
            if name is None or not name.startswith(prefix):
                return
            yield name

    def verify(
        self,
        known: AuditHead | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> AuditProblem | None:
        """Read the whole log and recompute every hash; see `Chain.verify`."""
        return self._chain.verify(known, progress)


_Words = tuple[str, str, str, str, str, str]


def _storable(*words: str) -> _Words:
    actor, event, repository, strategy, old, new = (storable(text) for text in words)
    return actor, event, repository, strategy, old, new


def _row(row: sqlite3.Row) -> AuditRow:
    return AuditRow(**{**dict(row), "details": decode(row["details"])})
