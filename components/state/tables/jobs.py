"""The durable queue of work: leases with heartbeats, fair between repositories."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from components.state.db import clock
from components.state.db.database import Database
from components.state.tables.audit import AuditLog
from components.state.tables.payloads import read, written
from components.state.tables.records import Job

RESTARTS = 7
"""So many leases more may end with their daemon: a power cut is not the job's fault. But one that
takes the daemon down each time must end some day."""

AT_ONCE = ""
"""Before any time: a clock that is set back does not hold the job up."""

# Of each repository that waits its best job: the highest priority, then the oldest; one (kind, key)
# is never worked on twice at once. Among those the highest priority; then the repository with the
# fewest jobs at work, then the one whose turn is longest ago. The cost follows the number of
# repositories, not the depth of the queue.
_NEXT = """
WITH RECURSIVE lanes (repository) AS (
    SELECT min(repository) FROM jobs WHERE status = 'queued'
    UNION ALL
    SELECT (SELECT min(repository) FROM jobs
            WHERE status = 'queued' AND repository > lanes.repository)
    FROM lanes WHERE lanes.repository IS NOT NULL
)
SELECT j.id FROM lanes
JOIN jobs AS j ON j.id = (
    SELECT q.id FROM jobs AS q
    WHERE q.status = 'queued' AND q.repository = lanes.repository AND q.not_before <= :now
      AND NOT EXISTS (SELECT 1 FROM jobs AS w WHERE w.status = 'leased' AND w.kind = q.kind
                      AND w.key = q.key AND w.repository = q.repository)
      {kinds}
    ORDER BY q.priority DESC, q.id LIMIT 1)
LEFT JOIN served AS s ON s.repository = j.repository
LEFT JOIN (SELECT repository, count(*) AS busy FROM jobs WHERE status = 'leased'
           GROUP BY repository) AS b ON b.repository = j.repository
WHERE true {excluded}
ORDER BY j.priority DESC, ifnull(b.busy, 0), ifnull(s.turn, 0), j.id LIMIT 1
"""


class Jobs:
    """Table jobs."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def enqueue(  # noqa: PLR0917  # one argument a column, in their order
        self,
        kind: str,
        key: str,
        repository: str,
        payload: Mapping[str, Any],
        priority: int = 0,
        max_attempts: int = 3,
        not_before: str | None = None,
    ) -> int:
        """Put work in the queue. A waiting job of the same (kind, key) takes the newer payload.

        What only the older payload says is kept: that somebody asked is not forgotten because the
        clock asked too.

        Args:
            kind: what it is.
            key: of what; of one kind and key one at a time is worked on.
            repository: fairness is between these.
            payload: a JSON object.
            priority: higher goes first; a waiting job keeps the higher one.
            max_attempts: how many leases it may use up.
            not_before: a time (as in all rows), None for at once.

        Returns:
            The job's number (the waiting one's where there was one).
        """
        now = self._db.now()
        with self._db.transaction():
            row = self._db.execute(
                "INSERT INTO jobs (kind, key, repository, payload, priority, max_attempts,"
                " not_before, enqueued_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (kind, key, repository) WHERE status = 'queued' DO UPDATE SET"
                " payload = json_patch(payload, excluded.payload),"
                " priority = max(priority, excluded.priority),"
                " max_attempts = excluded.max_attempts, not_before = excluded.not_before,"
                " attempts = 0, error = '', replaced = replaced + 1 RETURNING id",
                (
                    kind,
                    key,
                    repository,
                    written(payload),
                    priority,
                    max_attempts,
                    not_before or AT_ONCE,
                    now,
                ),
            ).fetchone()
        return int(row["id"])

    def lease(
        self,
        worker: str,
        seconds: float,
        kinds: Sequence[str] | None = None,
        exclude_repositories: Collection[str] = (),
        at_work: Collection[int] = (),
    ) -> Job | None:
        """Take the next job; None when there is nothing to do.

        Args:
            worker: who takes it; unique among the living.
            seconds: the lease ends then unless a heartbeat comes.
            kinds: only these; None for all.
            exclude_repositories: not of these.
            at_work: jobs that living workers have, see `reclaim`.
        """
        params: dict[str, Any] = {"now": self._db.now()}
        sql = _NEXT.format(
            kinds=_among("q.kind", "IN", kinds, params),
            excluded=_among("j.repository", "NOT IN", exclude_repositories or None, params),
        )
        if self._idle(params["now"]):
            return None
        with self._db.transaction():
            self.reclaim(at_work=at_work)
            chosen = self._db.value(sql, params)
            return self._take(chosen, worker, seconds) if chosen is not None else None

    def _idle(self, now: str) -> bool:
        # Asked without the writer's lock, so that waiting workers don't disturb anybody.
        return not self._db.value(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE status = 'queued' AND not_before <= :now)"
            " OR EXISTS (SELECT 1 FROM jobs WHERE status = 'leased' AND lease_until <= :now)",
            {"now": now},
        )

    def _take(self, job_id: int, worker: str, seconds: float) -> Job:
        now = self._db.time()
        row = self._db.execute(
            "UPDATE jobs SET status = 'leased', worker = ?, attempts = attempts + 1,"
            " leased_at = ?, lease_until = ? WHERE id = ? RETURNING *",
            (worker, clock.text(now), clock.later(now, seconds), job_id),
        ).fetchone()
        self._db.execute(
            "INSERT INTO served (repository, turn)"
            " SELECT ?, ifnull(max(turn), 0) + 1 FROM served WHERE true"
            " ON CONFLICT (repository) DO UPDATE SET turn = excluded.turn",
            (row["repository"],),
        )
        return _job(row)

    def heartbeat(self, job_id: int, worker: str, seconds: float) -> bool:
        """Keep a lease for `seconds` more; False when it was lost or the job was cancelled."""
        until = clock.later(self._db.time(), seconds)
        return self._if_mine(job_id, worker, "lease_until = ?", (until,))

    def complete(self, job_id: int, worker: str) -> bool:
        """The job is done; False when its lease was lost (someone else does it) or cancelled."""
        return self._if_mine(
            job_id, worker, "status = 'done', finished_at = ?, error = ''", (self._db.now(),)
        )

    def retry(self, job_id: int, worker: str, delay_s: float, error: str) -> bool:
        """Try again in `delay_s` seconds; after its last attempt the job is failed instead.

        Returns:
            False when the lease was lost. A newer request for the same key that waits already
            takes its place.
        """
        with self._db.transaction():
            row = self._db.one("SELECT * FROM jobs WHERE id = ?", (job_id,))
            if row is None or row["status"] != "leased" or row["worker"] != worker:
                return False
            not_before = clock.later(self._db.time(), delay_s)
            self._return(row, not_before, error)
            return True

    def fail(self, job_id: int, worker: str, error: str) -> bool:
        """Give the job up; False when its lease was lost."""
        with self._db.transaction():
            done = self._if_mine(
                job_id,
                worker,
                "status = 'failed', finished_at = ?, error = ?",
                (self._db.now(), error),
            )
            if done:
                self._record_failure(job_id, error)
            return done

    def cancel(self, kind: str, key: str, repository: str | None = None) -> int:
        """End all open jobs of a (kind, key); a worker learns it at its next heartbeat.

        Returns:
            How many were cancelled.
        """
        with self._db.transaction():
            cursor = self._db.execute(
                "UPDATE jobs SET status = 'cancelled', finished_at = :now WHERE kind = :kind"
                " AND key = :key AND status IN ('queued', 'leased')"
                " AND (:repository IS NULL OR repository = :repository)",
                {"now": self._db.now(), "kind": kind, "key": key, "repository": repository},
            )
            return cursor.rowcount

    def reclaim(self, *, everything: bool = False, at_work: Collection[int] = ()) -> int:
        """Put jobs whose lease ran out back in the queue, or fail those without attempts left.

        Args:
            everything: all leases, however long they still run: for the daemon's start, when no
                worker can be alive.
            at_work: jobs that are known to be worked on, whatever their lease says: a full disk
                keeps heartbeats off the record, and a clock that is set forward ends leases early.

        Returns:
            How many were lost by their workers.
        """
        with self._db.transaction():
            now = self._db.now()
            rows = self._db.rows(
                "SELECT * FROM jobs WHERE status = 'leased' AND (? OR lease_until <= ?)",
                (everything, now),
            )
            lost = [row for row in rows if row["id"] not in at_work]
            for row in lost:
                spare = RESTARTS if everything else 0
                self._return(
                    row, AT_ONCE, f"{row['worker']} stopped without reporting a result", spare
                )
            return len(lost)

    def _return(self, row: sqlite3.Row, not_before: str, error: str, spare: int = 0) -> None:
        if row["attempts"] >= row["max_attempts"] + spare:
            self._db.execute(
                "UPDATE jobs SET status = 'failed', finished_at = ?, error = ? WHERE id = ?",
                (self._db.now(), error, row["id"]),
            )
            self._record_failure(row["id"], error)
            return
        newer = self._db.value(
            "SELECT id FROM jobs WHERE status = 'queued' AND kind = ? AND key = ?"
            " AND repository = ?",
            (row["kind"], row["key"], row["repository"]),
        )
        if newer is not None:
            self._db.execute(
                "UPDATE jobs SET payload = json_patch(?, payload) WHERE id = ?",
                (row["payload"], newer),
            )
            self._db.execute(
                "UPDATE jobs SET status = 'cancelled', finished_at = ?, error = ? WHERE id = ?",
                (self._db.now(), f"replaced by job {newer}", row["id"]),
            )
            return
        self._db.execute(
            "UPDATE jobs SET status = 'queued', worker = '', lease_until = '', not_before = ?,"
            " error = ? WHERE id = ?",
            (not_before, error, row["id"]),
        )

    def _record_failure(self, job_id: int, error: str) -> None:
        job = self.get(job_id)
        if job is not None:
            self._audit.append(
                "algoops",
                "job.failed",
                repository=job.repository,
                details={"kind": job.kind, "key": job.key, "error": error, "job": job_id},
            )

    def _if_mine(self, job_id: int, worker: str, change: str, values: tuple[Any, ...]) -> bool:
        with self._db.transaction():
            cursor = self._db.execute(
                f"UPDATE jobs SET {change}"  # noqa: S608  # our words, bound values
                " WHERE id = ? AND worker = ? AND status = 'leased'",
                (*values, job_id, worker),
            )
            return cursor.rowcount == 1

    def get(self, job_id: int) -> Job | None:
        """One job."""
        row = self._db.one("SELECT * FROM jobs WHERE id = ?", (job_id,))
        return _job(row) if row is not None else None

    def depth(self) -> dict[str, int]:
        """How many jobs wait and are worked on: {"queued": n, "leased": n}."""
        counts = self._db.counts(
            "SELECT 'queued', count(*) FROM jobs WHERE status = 'queued'"
            " UNION ALL SELECT 'leased', count(*) FROM jobs WHERE status = 'leased'"
        )
        return {"queued": counts["queued"], "leased": counts["leased"]}


def _among(column: str, word: str, values: Collection[str] | None, params: dict[str, Any]) -> str:
    if values is None:
        return ""
    start = len(params)
    names = [f"p{start + index}" for index in range(len(values))]
    params.update(zip(names, values, strict=True))
    return f"AND {column} {word} ({', '.join(':' + name for name in names)})"


def _job(row: sqlite3.Row) -> Job:
    payload, number = read(row["payload"])
    fields = {**dict(row), "payload": payload, "format": number}
    del fields["leased_at"]
    return Job(**fields)
