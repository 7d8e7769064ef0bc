"""The durable queues of work: leases with heartbeats; the order is of `turns`."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from components.state.db import clock
from components.state.db.database import Database
from components.state.tables import turns
from components.state.tables.audit import AuditLog
from components.state.tables.job_rows import JobRows, job_of
from components.state.tables.payloads import written
from components.state.tables.records import Job
from components.state.tables.turns import QUEUES, TurnBounds

RESTARTS = 7
"""So many leases more may end with their daemon: a power cut is not the job's fault. But one that
takes the daemon down each time must end some day."""

AT_ONCE = ""
"""Before any time: a clock that is set back does not hold the job up."""

_ENQUEUE = (
    "INSERT INTO jobs (kind, key, repository, payload, priority, max_attempts,"
    " not_before, enqueued_at, queue, author, arrived)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT ifnull(max(turn), 0) FROM served))"
    " ON CONFLICT (kind, key, repository) WHERE status = 'queued' DO UPDATE SET"
    " payload = json_patch(payload, excluded.payload),"
    " priority = max(priority, excluded.priority),"
    " max_attempts = excluded.max_attempts, not_before = excluded.not_before,"
    " queue = excluded.queue, work = 0,"
    " author = CASE excluded.author WHEN '' THEN author ELSE excluded.author END,"
    " attempts = 0, error = '', replaced = replaced + 1 RETURNING id"
)


class Jobs(JobRows):
    """Table jobs."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        super().__init__(db)
        self._audit = audit

    def enqueue(  # noqa: PLR0913, PLR0917  # one argument a column, in their order
        self,
        kind: str,
        key: str,
        repository: str,
        payload: Mapping[str, Any],
        priority: int = 0,
        max_attempts: int = 3,
        not_before: str | None = None,
        *,
        author: str = "",
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
            author: who it is for; turns are between these. "" where nobody knows, or nobody asked.

        Returns:
            The job's number (the waiting one's where there was one). That one begins again in the
            first queue of its kind, and keeps its place by when it was first asked for.
        """
        now = self._db.now()
        with self._db.transaction():
            row = self._db.execute(
                _ENQUEUE,
                (
                    kind,
                    key,
                    repository,
                    written(payload),
                    priority,
                    max_attempts,
                    not_before or AT_ONCE,
                    now,
                    turns.QUEUE_OF.get(kind, turns.CONTROL),
                    author,
                ),
            ).fetchone()
        return int(row["id"])

    def lease(
        self,
        worker: str,
        seconds: float,
        kinds: Sequence[str] | None = None,
        at_work: Collection[int] = (),
        *,
        queues: Sequence[str] = QUEUES,
        bounds: TurnBounds | None = None,
    ) -> Job | None:
        """Take the next job; None when there is nothing to do. For the order see `turns`.

        Args:
            worker: who takes it; unique among the living.
            seconds: the lease ends then unless a heartbeat comes.
            kinds: only these; None for all.
            at_work: jobs that living workers have, see `reclaim`.
            queues: from these, the first that has one.
            bounds: how many jobs of one author and repository may be at work in a queue.
        """
        if self._idle(self._db.now(), queues):
            return None
        if bounds is not None and self._choose(queues, kinds, bounds) is None:
            return None  # without the writer's lock, as above
        with self._db.transaction():
            self.reclaim(at_work=at_work)
            chosen = self._choose(queues, kinds, bounds)
            return self._take(chosen, worker, seconds) if chosen is not None else None

    def _choose(
        self, queues: Sequence[str], kinds: Sequence[str] | None, bounds: TurnBounds | None
    ) -> int | None:
        chosen = (
            turns.next_job(self.waiting(queue, kinds, heads=True), self.turns(queue), bounds)
            for queue in queues
        )
        return next((number for number in chosen if number is not None), None)

    def _idle(self, now: str, queues: Sequence[str]) -> bool:
        # Asked without the writer's lock, so that waiting workers don't disturb anybody.
        return not self._db.value(
            "SELECT EXISTS (SELECT 1 FROM jobs, json_each(:queues) AS wanted"
            " WHERE status = 'queued' AND queue = wanted.value AND not_before <= :now)"
            " OR EXISTS (SELECT 1 FROM jobs WHERE status = 'leased' AND lease_until <= :now)",
            {"now": now, "queues": json.dumps(list(queues))},
        )

    def _take(self, job_id: int, worker: str, seconds: float) -> Job:
        now = self._db.time()
        row = self._db.execute(
            "UPDATE jobs SET status = 'leased', worker = ?, attempts = attempts + 1,"
            " leased_at = ?, lease_until = ? WHERE id = ? RETURNING *",
            (worker, clock.text(now), clock.later(now, seconds), job_id),
        ).fetchone()
        self._db.execute(
            "INSERT INTO served (queue, repository, author, turn)"
            " SELECT ?, ?, ?, ifnull(max(turn), 0) + 1 FROM served WHERE true"
            " ON CONFLICT (queue, repository, author) DO UPDATE SET turn = excluded.turn",
            (row["queue"], row["repository"], row["author"]),
        )
        return job_of(row)

    def advance(self, job_id: int, worker: str, queue: str, work: int, least: int = 0) -> bool:
        """The job's first stage is done, and the next one waits in another queue.

        It keeps its number, its payload and the time since which it waits. A newer request for the
        same key takes its place, and begins with the first stage.

        Args:
            job_id: of the job.
            worker: who has it.
            queue: of the next stage.
            work: how much that is, in bars.
            least: its priority from now on, if it was lower.

        Returns:
            False when its lease was lost, or it was cancelled.
        """
        with self._db.transaction():
            row = self._mine(job_id, worker)
            if row is None:
                return False
            if self._return({**dict(row), "attempts": 0}, AT_ONCE, ""):
                self._db.execute(
                    "UPDATE jobs SET queue = ?, work = ?, priority = max(priority, ?),"
                    " attempts = 0 WHERE id = ?",
                    (queue, work, least, job_id),
                )
            return True

    def postpone(
        self, job_id: int, worker: str, not_before: str, payload: Mapping[str, Any]
    ) -> bool:
        """The job may not begin yet: it waits until then, and this start of it does not count.

        Args:
            job_id: of the job.
            worker: who has it.
            not_before: a time, as in all rows.
            payload: what is to be remembered with it.

        Returns:
            False when its lease was lost, or it was cancelled.
        """
        with self._db.transaction():
            row = self._mine(job_id, worker)
            if row is None:
                return False
            if self._return({**dict(row), "attempts": 0}, not_before, ""):
                self._db.execute(
                    "UPDATE jobs SET payload = json_patch(payload, ?), attempts = 0 WHERE id = ?",
                    (written(payload), job_id),
                )
            return True

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
            row = self._mine(job_id, worker)
            if row is None:
                return False
            not_before = clock.later(self._db.time(), delay_s)
            self._return(dict(row), not_before, error)
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
                    dict(row), AT_ONCE, f"{row['worker']} stopped without reporting a result", spare
                )
            return len(lost)

    def _mine(self, job_id: int, worker: str) -> sqlite3.Row | None:
        return self._db.one(
            "SELECT * FROM jobs WHERE id = ? AND status = 'leased' AND worker = ?",
            (job_id, worker),
        )

    def _return(self, row: Mapping[str, Any], not_before: str, error: str, spare: int = 0) -> bool:
        """Put a job back, or end it; whether it waits again."""
        if row["attempts"] >= row["max_attempts"] + spare:
            self._db.execute(
                "UPDATE jobs SET status = 'failed', finished_at = ?, error = ? WHERE id = ?",
                (self._db.now(), error, row["id"]),
            )
            self._record_failure(row["id"], error)
            return False
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
            return False
        self._db.execute(
            "UPDATE jobs SET status = 'queued', worker = '', lease_until = '', not_before = ?,"
            " error = ? WHERE id = ?",
            (not_before, error, row["id"]),
        )
        return True

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
