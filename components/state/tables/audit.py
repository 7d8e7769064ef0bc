"""The audit log: append-only, each row's hash covering the row before it, its end sealed.

A hash chain shows any change made by hand to some of the file. Whoever can write the file can also
write a whole new chain; against that, note `head()` elsewhere (a deploy tag, a log server) and
verify with it.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from components.state.db.database import Database, decode, encode, storable
from components.state.tables.records import AuditHead, AuditProblem, AuditRow

_BATCH = 10_000
_GUARDS = {
    "audit_log_no_update",
    "audit_log_no_delete",
    "audit_head_only_grows",
    "audit_head_stays",
}
_FIELDS = ("id", "timestamp", "actor", "event", "repository", "strategy", "old", "new", "details")


class AuditLog:
    """Table audit_log."""

    def __init__(self, db: Database) -> None:
        self._db = db

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
            head = self.head()
            number, timestamp = head.count + 1, self._db.now()
            digest = _digest((number, timestamp, *words, body), head.hash)
            self._db.execute(
                "INSERT INTO audit_log (id, timestamp, actor, event, repository, strategy, old,"
                " new, details, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (number, timestamp, *words, body, head.hash, digest),
            )
            self._db.execute("UPDATE audit_head SET count = ?, hash = ?", (number, digest))
        return AuditRow(number, timestamp, *words, decode(body), head.hash, digest)

    def head(self) -> AuditHead:
        """Where the log ends now."""
        row = self._db.one("SELECT count, hash FROM audit_head")
        return AuditHead(row["count"], row["hash"]) if row is not None else AuditHead(0, "")

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
        """Read the whole log and recompute every hash.

        Args:
            known: a head noted earlier, which must still be in the log.
            progress: called with the number of rows read, now and then.

        Returns:
            The first problem, or None: every row is as it was written, none is missing or moved.
        """
        missing = self._missing_guard()
        if missing:
            return AuditProblem(0, f"the guard {missing} was removed from the database")
        # A row appended meanwhile is no problem: only what the head covers now is judged.
        head = self.head()
        count, previous = 0, ""
        while count < head.count:
            rows = self._db.rows(
                "SELECT * FROM audit_log WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
                (count, head.count, _BATCH),
            )
            if not rows:
                break
            for row in rows:
                problem = _check(row, count + 1, previous) or _check_known(row, known)
                if problem is not None:
                    return problem
                count, previous = count + 1, row["hash"]
            if progress is not None:
                progress(count)
        return self._check_end(head, count, previous, known)

    def _missing_guard(self) -> str:
        there = {
            row["name"]
            for row in self._db.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        }
        return ", ".join(sorted(_GUARDS - there))

    def _check_end(
        self, head: AuditHead, count: int, last: str, known: AuditHead | None
    ) -> AuditProblem | None:
        stray = self._db.value(
            "SELECT id FROM audit_log WHERE id < 1 OR id > (SELECT count FROM audit_head) LIMIT 1"
        )
        if count != head.count:
            return AuditProblem(
                count + 1, f"rows {count + 1} to {head.count} were removed from the end"
            )
        if last != head.hash:
            return AuditProblem(count, f"row {count} is not the one that the head was sealed with")
        if stray is not None:
            return AuditProblem(stray, f"row {stray} was added outside the chain")
        if known is not None and known.count > count:
            return AuditProblem(
                count + 1, f"the log ends at row {count}, it had {known.count} when it was noted"
            )
        return None


_Words = tuple[str, str, str, str, str, str]


def _storable(*words: str) -> _Words:
    actor, event, repository, strategy, old, new = (storable(text) for text in words)
    return actor, event, repository, strategy, old, new


def _digest(fields: tuple[Any, ...], previous: str) -> str:
    return hashlib.sha256(encode([*fields, previous]).encode("utf-8")).hexdigest()


def _check(row: sqlite3.Row, expected: int, previous: str) -> AuditProblem | None:
    if row["id"] != expected:
        return AuditProblem(expected, f"row {expected} was removed; the next one is {row['id']}")
    if row["prev_hash"] != previous:
        return AuditProblem(expected, f"row {expected} does not follow the row before it")
    if row["hash"] != _digest(tuple(row[name] for name in _FIELDS), previous):
        return AuditProblem(expected, f"row {expected} was changed after it was written")
    return None


def _check_known(row: sqlite3.Row, known: AuditHead | None) -> AuditProblem | None:
    if known is None or row["id"] != known.count or row["hash"] == known.hash:
        return None
    return AuditProblem(row["id"], f"row {row['id']} is not the one that was noted")


def _row(row: sqlite3.Row) -> AuditRow:
    return AuditRow(**{**dict(row), "details": decode(row["details"])})
