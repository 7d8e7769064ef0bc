"""Verdicts by content key: what was found out about a content once need not be found out again."""

import zlib

from components.schema.results.values import Verdict
from components.state.db.database import Database
from components.state.db.errors import StateCorrupt
from components.state.tables.audit import AuditLog

_BATCH = 20
"""Rows packed in one transaction, so that writers wait a fraction of a second at most."""


class Verdicts:
    """Table verdicts. Only passed and failed are kept; an error says nothing about the content.

    A report is kept compressed (`packed`). Rows from before that have it as text (`report`) until
    `pack` has reached them, and are read all the same.
    """

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def get(self, content_key: str) -> str | None:
        """The StrategyReport (JSON) of a content; None when it has no verdict.

        Raises:
            StateCorrupt: the compressed report is damaged.
        """
        kept = self._db.value(
            "SELECT ifnull(packed, report) FROM verdicts WHERE content_key = ?", (content_key,)
        )
        return _unpacked(kept, content_key) if isinstance(kept, bytes) else kept

    def put(
        self, content_key: str, name: str, version: str, verdict: Verdict, report_json: str
    ) -> None:
        """Keep a verdict. The same content with another verdict is told to the audit log.

        Args:
            content_key: what the verdict belongs to.
            name: the strategy, for people.
            version: its number, for people.
            verdict: passed or failed.
            report_json: the StrategyReport document.

        Raises:
            ValueError: another verdict, or no content key.
        """
        if verdict not in {Verdict.PASSED, Verdict.FAILED} or not content_key:
            raise ValueError(f"only passed and failed verdicts of a content are kept: {verdict}")
        with self._db.transaction():
            before = self._db.value(
                "SELECT verdict FROM verdicts WHERE content_key = ?", (content_key,)
            )
            self._db.execute(
                "INSERT INTO verdicts (content_key, name, version, verdict, report, recorded_at)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (content_key) DO UPDATE SET"
                " name = excluded.name, version = excluded.version, verdict = excluded.verdict,"
                " report = excluded.report, packed = NULL, recorded_at = excluded.recorded_at",
                (content_key, name, version, verdict, report_json, self._db.now()),
            )
            self._db.execute(  # after the triggers have read the text
                "UPDATE verdicts SET report = '', packed = ? WHERE content_key = ?",
                (_packed(report_json), content_key),
            )
            if before != verdict:
                details = {"content_key": content_key, "version": version}
                event = "verdict.changed" if before else "verdict.recorded"
                self._audit.append("algoops", event, name, before or "", verdict, details)

    def forget(self, content_key: str) -> bool:
        """Drop a verdict so that the content is checked again; False when there was none."""
        with self._db.transaction():
            cursor = self._db.execute("DELETE FROM verdicts WHERE content_key = ?", (content_key,))
            return cursor.rowcount == 1

    def pack(self) -> int:
        """Compress what older versions kept as text, in short transactions; returns how many.

        It may be stopped at any time and goes on at the next call.
        """
        total, last = 0, 0
        while True:
            with self._db.transaction():
                rows = self._db.rows(
                    "SELECT rowid, report FROM verdicts WHERE rowid > ? AND packed IS NULL"
                    " ORDER BY rowid LIMIT ?",
                    (last, _BATCH),
                )
                for row in rows:
                    self._db.execute(
                        "UPDATE verdicts SET report = '', packed = ? WHERE rowid = ?",
                        (_packed(row["report"]), row["rowid"]),
                    )
            if not rows:
                return total
            total, last = total + len(rows), rows[-1]["rowid"]


def _packed(report_json: str) -> bytes:
    return zlib.compress(report_json.encode("utf-8", "replace"))


def _unpacked(kept: bytes, content_key: str) -> str:
    try:
        return zlib.decompress(kept).decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise StateCorrupt(
            f"the stored report of content {content_key} is damaged: {error}",
            hint="stop the bot, keep the database's file, restore the last backup",
        ) from error
