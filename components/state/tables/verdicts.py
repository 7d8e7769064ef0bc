"""Verdicts by content key: what was found out about a content once need not be found out again."""

from components.schema.results.values import Verdict
from components.state.db.database import Database
from components.state.tables.audit import AuditLog


class Verdicts:
    """Table verdicts. Only passed and failed are kept; an error says nothing about the content."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def get(self, content_key: str) -> str | None:
        """The StrategyReport (JSON) of a content; None when it has no verdict."""
        report = self._db.value("SELECT report FROM verdicts WHERE content_key = ?", (content_key,))
        return str(report) if report is not None else None

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
                " report = excluded.report, recorded_at = excluded.recorded_at",
                (content_key, name, version, verdict, report_json, self._db.now()),
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
