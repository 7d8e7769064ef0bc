"""A table that only grows: each row's hash covers the row before it, and its end is sealed.

A hash chain shows any change made by hand to some of the file. Whoever can write the file can also
write a whole new chain; against that, note `head()` elsewhere (a deploy tag, a log server) and
verify with it.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from components.state.db.database import Database, encode
from components.state.tables.records import AuditHead, AuditProblem

_BATCH = 10_000


@dataclass(frozen=True)
class Chain:
    """One chained table and the table of its one sealed head.

    Attributes:
        table, head_table: their names, ours; `id` counts the rows from 1.
        fields: the columns that the hash covers, in their order, `id` first.
        guards: the triggers that keep both as they are.
    """

    db: Database
    table: str
    head_table: str
    fields: tuple[str, ...]
    guards: frozenset[str]

    def head(self) -> AuditHead:
        """Where the table ends now."""
        row = self.db.one(f"SELECT count, hash FROM {self.head_table}")  # noqa: S608  # our word
        return AuditHead(row["count"], row["hash"]) if row is not None else AuditHead(0, "")

    def append(self, values: Sequence[Any]) -> tuple[int, str, str]:
        """Write one row, in the transaction that is open or one of its own.

        Args:
            values: of `fields` after `id`.

        Returns:
            The row's number, the hash of the row before, and its own.
        """
        with self.db.transaction():
            head = self.head()
            number = head.count + 1
            digest = _digest((number, *values), head.hash)
            columns = dict(zip(self.fields, (number, *values), strict=True))
            self.db.insert(self.table, {**columns, "prev_hash": head.hash, "hash": digest})
            self.db.execute(
                f"UPDATE {self.head_table} SET count = ?, hash = ?",  # noqa: S608  # our word
                (number, digest),
            )
        return number, head.hash, digest

    def verify(
        self,
        known: AuditHead | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> AuditProblem | None:
        """Read the whole table and recompute every hash.

        Args:
            known: a head noted earlier, which must still be in the table.
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
            rows = self.db.rows(
                f"SELECT * FROM {self.table} WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",  # noqa: S608  # our word
                (count, head.count, _BATCH),
            )
            if not rows:
                break
            for row in rows:
                problem = self._check(row, count + 1, previous) or _check_known(row, known)
                if problem is not None:
                    return problem
                count, previous = count + 1, row["hash"]
            if progress is not None:
                progress(count)
        return self._check_end(head, count, previous, known)

    def _missing_guard(self) -> str:
        there = {
            row["name"]
            for row in self.db.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        }
        return ", ".join(sorted(self.guards - there))

    def _check(self, row: sqlite3.Row, expected: int, previous: str) -> AuditProblem | None:
        if row["id"] != expected:
            return AuditProblem(
                expected, f"row {expected} was removed; the next one is {row['id']}"
            )
        if row["prev_hash"] != previous:
            return AuditProblem(expected, f"row {expected} does not follow the row before it")
        if row["hash"] != _digest(tuple(row[name] for name in self.fields), previous):
            return AuditProblem(expected, f"row {expected} was changed after it was written")
        return None

    def _check_end(
        self, head: AuditHead, count: int, last: str, known: AuditHead | None
    ) -> AuditProblem | None:
        stray = self.db.value(
            f"SELECT id FROM {self.table}"  # noqa: S608  # our words
            f" WHERE id < 1 OR id > (SELECT count FROM {self.head_table}) LIMIT 1"
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


def _digest(fields: tuple[Any, ...], previous: str) -> str:
    return hashlib.sha256(encode([*fields, previous]).encode("utf-8")).hexdigest()


def _check_known(row: sqlite3.Row, known: AuditHead | None) -> AuditProblem | None:
    if known is None or row["id"] != known.count or row["hash"] == known.hash:
        return None
    return AuditProblem(row["id"], f"row {row['id']} is not the one that was noted")
