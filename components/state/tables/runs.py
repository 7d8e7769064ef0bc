"""Runs: all checks of one proposal at one commit; each finishes exactly once."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from components.schema.results.report import CheckResult
from components.schema.results.values import Finding, Verdict
from components.state.db.database import Database
from components.state.db.errors import NotFound
from components.state.tables.audit import AuditLog
from components.state.tables.bodies import Bodies
from components.state.tables.records import Run, RunCheck, RunStrategy

_COLUMNS = (
    "r.id, r.repository, r.proposal, r.head, r.base, r.kind, r.attempt, r.status, r.verdict,"
    " r.started_at, r.finished_at, r.starts, r.why"
)


_BATCH = 20
"""Reports removed in one transaction, so that writers wait a fraction of a second at most."""

LED_TO_A_DEPLOYMENT = """(
    EXISTS (SELECT 1 FROM deployments AS d WHERE d.run_id = r.id)
    OR r.kind IN ('check', 'deploy') AND EXISTS (
        SELECT 1 FROM run_strategies AS s JOIN versions AS v ON v.content_key = s.content_key
        WHERE s.run_id = r.id AND s.content_key != '' AND v.content_key != ''
          AND v.deployed_at != '')
    OR r.kind IN ('check', 'deploy') AND EXISTS (
        SELECT 1 FROM run_strategies AS s JOIN deployments AS d ON d.content_key = s.content_key
        WHERE s.run_id = r.id AND s.content_key != '' AND d.content_key != ''))"""
"""SQL: whether a run `r` is one whose verdict a deployment stands on."""

_OLD_REPORTS = f"""
SELECT r.id FROM runs AS r WHERE r.finished_at != '' AND r.finished_at < :before
  AND (r.report != '' OR EXISTS (SELECT 1 FROM documents WHERE user = 'run:' || r.id))
  AND NOT {LED_TO_A_DEPLOYMENT} LIMIT :batch
"""  # noqa: S608  # our own words


class Runs:
    """Tables runs, run_strategies, run_checks and findings."""

    def __init__(self, db: Database, audit: AuditLog, bodies: Bodies) -> None:
        self._db = db
        self._audit = audit
        self._bodies = bodies

    def start(
        self,
        repository: str,
        proposal: str,
        head: str,
        base: str,
        kind: str,
        attempt: str = "",
        *,
        keep: Sequence[str] = (),
    ) -> Run:
        """Begin a run, or go on with the one that a crash left unfinished.

        Args:
            repository: its key in the configuration.
            proposal: its id.
            head: commit (hex) of the proposal.
            base: commit (hex) of the base.
            kind: why: check, recheck, deploy...
            attempt: with a key (of the event or job that asked), the run with that key is
                returned although it is finished (`Run.finished`): it happens once. Without, a
                finished run is followed by a new one.
            keep: checks whose results are kept where it is gone on with.

        Returns:
            The run; `starts` above 1 when it is gone on with, its old progress forgotten.
        """
        with self._db.transaction():
            row = self._db.one(
                "SELECT id, status FROM runs WHERE repository = ? AND proposal = ? AND head = ?"
                " AND kind = ? AND attempt = ? AND (attempt != '' OR"
                " (status = 'running' AND base = ?)) ORDER BY id DESC LIMIT 1",
                (repository, proposal, head, kind, attempt, base),
            )
            if row is None:
                return self._new(repository, proposal, head, base, kind, attempt)
            if row["status"] == "running":
                self._db.execute(
                    "UPDATE runs SET starts = starts + 1, base = ? WHERE id = ?", (base, row["id"])
                )
                self._db.execute(
                    "DELETE FROM run_checks WHERE run_id = ?"
                    " AND name NOT IN (SELECT value FROM json_each(?))",
                    (row["id"], json.dumps(list(keep))),
                )
            return self._get(row["id"])

    def _new(
        self, repository: str, proposal: str, head: str, base: str, kind: str, attempt: str
    ) -> Run:
        number = self._db.insert(
            "runs",
            {
                "repository": repository,
                "proposal": proposal,
                "head": head,
                "base": base,
                "kind": kind,
                "attempt": attempt,
                "started_at": self._db.now(),
            },
        )
        details = {"run": number, "proposal": proposal, "head": head, "base": base, "kind": kind}
        self._audit.append("algoops", "run.started", details=details, repository=repository)
        return self._get(number)

    def check(self, run_id: int, strategy: str, result: CheckResult) -> bool:
        """Record how one check of one strategy ended; a later result replaces an earlier one.

        Returns:
            False when the run is over (superseded meanwhile): the result is not kept.
        """
        with self._db.transaction():
            if self._status(run_id) != "running":
                return False
            self._db.execute(
                "DELETE FROM run_checks WHERE run_id = ? AND strategy = ? AND name = ?",
                (run_id, strategy, result.name),
            )
            number = self._db.insert(
                "run_checks",
                {
                    "run_id": run_id,
                    "strategy": strategy,
                    "name": result.name,
                    "outcome": result.outcome,
                    "summary": result.summary,
                    "duration_s": float(result.duration_s),
                    "recorded_at": self._db.now(),
                },
            )
            for finding in result.findings:
                self._add_finding(number, finding)
            return True

    def _add_finding(self, check_id: int, finding: Finding) -> None:
        self._db.insert(
            "findings",
            {
                "check_id": check_id,
                "severity": finding.severity,
                "rule": finding.rule,
                "body": finding.model_dump_json(exclude_defaults=True),
            },
        )

    def finish(self, run_id: int, verdict: Verdict, report_json: str) -> bool:
        """Close a run with its verdict and Report, once.

        Args:
            run_id: which one.
            verdict: of the whole run.
            report_json: the Report document.

        Returns:
            False when it was finished or superseded before: nothing is changed.
        """
        with self._db.transaction():
            if not self._close(run_id, "finished", verdict):
                return False
            self._bodies.put(_user(run_id), report_json)
            for strategy in _strategies(report_json):
                self._db.insert("run_strategies", {"run_id": run_id, **strategy})
            run = self._get(run_id)
            details = {"run": run_id, "proposal": run.proposal, "head": run.head}
            self._audit.append(
                "algoops", "run.finished", "", "running", verdict, details, run.repository
            )
            return True

    def supersede(self, run_id: int, why: str) -> bool:
        """End a run that nobody waits for any more, and say why; False when it was over already."""
        with self._db.transaction():
            if not self._close(run_id, "superseded", None, why):
                return False
            run = self._get(run_id)
            details = {"run": run_id, "proposal": run.proposal, "head": run.head, "why": why}
            self._audit.append(
                "algoops", "run.superseded", "", "running", "superseded", details, run.repository
            )
            return True

    def forget_reports(self, before: str) -> int:
        """Remove the reports of runs that ended before a time; what led to a deployment stays."""
        total = 0
        while found := self._db.rows(_OLD_REPORTS, {"before": before, "batch": _BATCH}):
            with self._db.transaction():
                for (number,) in found:
                    self._bodies.drop(_user(number))
                    self._db.execute("UPDATE runs SET report = '' WHERE id = ?", (number,))
            total += len(found)
        return total

    def old_reports(self, before: str) -> list[str]:
        """The documents that `forget_reports` would remove, see `Bodies`."""
        rows = self._db.rows(_OLD_REPORTS, {"before": before, "batch": -1})
        return [_user(number) for (number,) in rows]

    def _close(self, run_id: int, status: str, verdict: Verdict | None, why: str = "") -> bool:
        cursor = self._db.execute(
            "UPDATE runs SET status = ?, verdict = ?, why = ?, finished_at = ?"
            " WHERE id = ? AND status = 'running'",
            (status, verdict, why, self._db.now(), run_id),
        )
        if cursor.rowcount == 0 and self._status(run_id) is None:
            raise NotFound(f"no run {run_id}")
        return cursor.rowcount == 1

    def _status(self, run_id: int) -> str | None:
        status = self._db.value("SELECT status FROM runs WHERE id = ?", (run_id,))
        return str(status) if status is not None else None

    # --- reading -------------------------------------------------------------------------------

    def get(self, run_id: int) -> Run | None:
        """One run, with its report."""
        row = self._db.one("SELECT * FROM runs WHERE id = ?", (run_id,))
        return self._run(row) if row is not None else None

    def _get(self, run_id: int) -> Run:
        run = self.get(run_id)
        if run is None:
            raise NotFound(f"no run {run_id}")
        return run

    def latest(
        self, repository: str, proposal: str, *, head: str | None = None, finished: bool = False
    ) -> Run | None:
        """The newest run of a proposal, with its report.

        Args:
            repository: its key in the configuration.
            proposal: its id.
            head: only of this commit.
            finished: only runs that came to a verdict.
        """
        row = self._db.one(
            "SELECT * FROM runs WHERE repository = :repository AND proposal = :proposal"
            " AND (:head IS NULL OR head = :head) AND (NOT :finished OR status = 'finished')"
            " ORDER BY id DESC LIMIT 1",
            {"repository": repository, "proposal": proposal, "head": head, "finished": finished},
        )
        return self._run(row) if row is not None else None

    def unfinished(self, repository: str | None = None, proposal: str | None = None) -> list[Run]:
        """Runs which are at work, or were when the bot stopped; oldest first."""
        rows = self._db.rows(
            "SELECT * FROM runs WHERE status = 'running'"
            " AND (:repository IS NULL OR repository = :repository)"
            " AND (:proposal IS NULL OR proposal = :proposal) ORDER BY id",
            {"repository": repository, "proposal": proposal},
        )
        return [self._run(row) for row in rows]

    def checks(self, run_id: int) -> list[RunCheck]:
        """The progress of a run: its checks in the order in which they ended."""
        rows = self._db.rows(
            "SELECT run_id, strategy, name, outcome, summary, duration_s, recorded_at"
            " FROM run_checks WHERE run_id = ? ORDER BY id",
            (run_id,),
        )
        return [RunCheck(**dict(row)) for row in rows]

    def strategies(self, run_id: int) -> list[RunStrategy]:
        """The strategies of a finished run, by name."""
        rows = self._db.rows(
            "SELECT * FROM run_strategies WHERE run_id = ? ORDER BY name", (run_id,)
        )
        return [RunStrategy(**dict(row)) for row in rows]

    def findings(self, run_id: int, strategy: str | None = None) -> list[Finding]:
        """Everything that the checks of a run found."""
        rows = self._db.rows(
            "SELECT f.body FROM findings AS f JOIN run_checks AS c ON c.id = f.check_id"
            " WHERE c.run_id = :run AND (:strategy IS NULL OR c.strategy = :strategy)"
            " ORDER BY f.id",
            {"run": run_id, "strategy": strategy},
        )
        return [Finding.model_validate_json(row["body"]) for row in rows]

    def list(
        self,
        *,
        repository: str | None = None,
        proposal: str | None = None,
        strategy: str | None = None,
        status: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[Run]:
        """Runs, newest first, without their reports.

        Args:
            repository: only of this one; None for all.
            proposal: only of this one.
            strategy: only finished runs that looked at a strategy of this name.
            status: running | finished | superseded.
            limit: at most so many.
            offset: skip so many.
        """
        chosen, params = _filter(repository, proposal, strategy, status)
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM {chosen} DESC LIMIT ? OFFSET ?",  # noqa: S608  # our words, bound values
            (*params, limit, offset),
        )
        return [self._run(row) for row in rows]

    def _run(self, row: sqlite3.Row) -> Run:
        fields = dict(row)
        verdict = fields["verdict"]
        if fields.get("report") == "" and verdict:
            fields["report"] = self._bodies.get(_user(fields["id"])) or ""
        return Run(**{**fields, "verdict": Verdict(verdict) if verdict else None})


def _filter(
    repository: str | None, proposal: str | None, strategy: str | None, status: str | None
) -> tuple[str, list[str]]:
    """Tables, conditions and order (`r` are the runs), and the values."""
    # A column with + is looked up by no index: all finished runs would be sorted for the newest.
    few = status == "running" and proposal is None
    where, params = ["r.status = 'running'" if few else "1 = 1"], []
    for column, value in (
        ("+r.repository" if few else "r.repository", repository),
        ("r.proposal", proposal),
        ("+r.status", status),
    ):
        if value is not None:
            where.append(f"{column} = ?")
            params.append(value)
    if strategy is None:
        return f"runs AS r WHERE {' AND '.join(where)} ORDER BY r.id", params
    # CROSS: from the strategy's newest run on, so that only as many are read as are wanted.
    both = "run_strategies AS s CROSS JOIN runs AS r ON r.id = s.run_id"
    where.append("s.name = ?")
    return f"{both} WHERE {' AND '.join(where)} ORDER BY s.run_id", [*params, strategy]


def _strategies(report_json: str) -> list[dict[str, Any]]:
    found = json.loads(report_json).get("strategies", []) if report_json else []
    return [
        {
            "name": item["name"],
            "version": item.get("version", ""),
            "verdict": item["verdict"],
            "content_key": item.get("content_key", ""),
        }
        for item in found
    ]


def _user(run_id: int) -> str:
    return f"run:{run_id}"
