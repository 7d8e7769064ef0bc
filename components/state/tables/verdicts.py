"""Verdicts by content key: what was found out about a content once need not be found out again."""

import zlib

from components.schema.results.values import Verdict
from components.state.db.database import Database
from components.state.tables.audit import AuditLog
from components.state.tables.bodies import Bodies, damaged

_BATCH = 20
"""Rows packed in one transaction, so that writers wait a fraction of a second at most."""

_OLD_REPORTS = """
SELECT content_key FROM verdicts AS o
WHERE o.recorded_at < ?
  AND EXISTS (SELECT 1 FROM documents WHERE user = 'verdict:' || o.content_key)
  AND NOT EXISTS (SELECT 1 FROM versions AS v WHERE v.content_key = o.content_key
                  AND v.content_key != '' AND (v.deployed_at != '' OR v.lifecycle != 'archived'))
  AND NOT EXISTS (SELECT 1 FROM deployments AS d WHERE d.content_key = o.content_key
                  AND d.content_key != '')
LIMIT ?
"""


class Verdicts:
    """Table verdicts. Only passed and failed are kept; an error says nothing about the content.

    Reports are kept in `Bodies`. Rows from before that have theirs as text (`report`) or compressed
    (`packed`) until `pack` has reached them, and are read all the same.
    """

    def __init__(self, db: Database, audit: AuditLog, bodies: Bodies) -> None:
        self._db = db
        self._audit = audit
        self._bodies = bodies

    def get(self, content_key: str) -> str | None:
        """The StrategyReport (JSON) of a content; None when it has no verdict, or none any more.

        Raises:
            StateCorrupt: the compressed report is damaged.
        """
        user = _user(content_key)
        kept = self._db.value(
            "SELECT ifnull(packed, report) FROM verdicts WHERE content_key = ?", (content_key,)
        )
        return _text(user, kept) if kept else self._bodies.get(user)

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
                "UPDATE verdicts SET report = '' WHERE content_key = ?", (content_key,)
            )
            self._bodies.put(_user(content_key), report_json)
            if before != verdict:
                details = {"content_key": content_key, "version": version}
                event = "verdict.changed" if before else "verdict.recorded"
                self._audit.append("algoops", event, name, before or "", verdict, details)

    def forget(self, content_key: str) -> bool:
        """Drop a verdict so that the content is checked again; False when there was none."""
        with self._db.transaction():
            self._bodies.drop(_user(content_key))
            cursor = self._db.execute("DELETE FROM verdicts WHERE content_key = ?", (content_key,))
            return cursor.rowcount == 1

    def forget_reports(self, before: str) -> int:
        """Remove the reports of verdicts older than a time; verdict and figures stay.

        Those of contents that were ever deployed, or are in an open proposal, stay whole. A content
        without its report is checked anew when somebody asks for it.
        """
        total = 0
        while keys := self._db.rows(_OLD_REPORTS, (before, _BATCH)):
            with self._db.transaction():
                for (key,) in keys:
                    self._bodies.drop(_user(key))
            total += len(keys)
        return total

    def old_reports(self, before: str) -> list[str]:
        """The documents that `forget_reports` would remove, see `Bodies`."""
        return [_user(key) for (key,) in self._db.rows(_OLD_REPORTS, (before, -1))]

    def pack(self) -> int:
        """Move what older versions kept in the rows, in short transactions; returns how many.

        It may be stopped at any time and goes on at the next call.
        """
        total, last = 0, 0
        while True:
            with self._db.transaction():
                rows = self._db.rows(
                    "SELECT rowid, content_key, ifnull(packed, report) AS kept FROM verdicts"
                    " WHERE rowid > ? AND (packed IS NOT NULL OR report != '')"
                    " ORDER BY rowid LIMIT ?",
                    (last, _BATCH),
                )
                for row in rows:
                    user = _user(row["content_key"])
                    self._bodies.put(user, _text(user, row["kept"]))
                    self._db.execute(
                        "UPDATE verdicts SET report = '', packed = NULL WHERE rowid = ?",
                        (row["rowid"],),
                    )
            if not rows:
                return total
            total, last = total + len(rows), rows[-1]["rowid"]


def _user(content_key: str) -> str:
    return f"verdict:{content_key}"


def _text(user: str, kept: str | bytes) -> str:
    """What an older version kept in the row."""
    try:
        return zlib.decompress(kept).decode() if isinstance(kept, bytes) else kept
    except (zlib.error, UnicodeDecodeError) as error:
        raise damaged(user, error) from error
