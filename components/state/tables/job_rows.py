"""Jobs as they wait and are worked on: one by one, whose turn it is, where each stands."""

import itertools
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from components.state.db import clock
from components.state.db.database import Database
from components.state.tables.payloads import read
from components.state.tables.records import Job, QueueRow, Standing
from components.state.tables.turns import QUEUES, InLine, Turns, in_order

FORESEEN = 500
"""So many places are told; beyond, an estimate would say nothing."""

AGED_S = 3600.0
"""After so long a job is not small or large any more, nor background: its turn counts alone."""

_MAY_START = """
SELECT q.id, q.repository, q.author, q.work, q.arrived, q.enqueued_at <= :aged AS aged,
  iif(q.enqueued_at <= :aged, max(q.priority, 0), q.priority) AS priority
FROM jobs AS q
WHERE q.status = 'queued' AND q.queue = :queue AND q.not_before <= :now
  AND (:kinds IS NULL OR q.kind IN (SELECT value FROM json_each(:kinds)))
  AND NOT EXISTS (SELECT 1 FROM jobs AS w WHERE w.status = 'leased' AND w.kind = q.kind
                  AND w.key = q.key AND w.repository = q.repository)
"""
"""What waits in a queue; one (kind, key) is never worked on twice at once."""

_HEADS = f"""
SELECT id, repository, author, work, first AS arrived, aged, priority FROM (
  SELECT *, min(arrived) OVER (PARTITION BY repository, author) AS first, row_number() OVER (
    PARTITION BY repository, author ORDER BY priority DESC, iif(aged, 0, work), id) AS place
  FROM ({_MAY_START})
) WHERE place = 1
"""  # noqa: S608  # our words
"""Of each author the job that goes first, as old as the oldest: all that a choice depends on."""


@dataclass(frozen=True)
class _Pace:
    """How fast a queue goes: seconds a unit of work, None where unknown, and what is at work."""

    per_work: float | None
    side_by_side: int
    under_way: int

    def seconds(self, ahead: int, work: int) -> float | None:
        """Until work would be done that has so much before it."""
        if self.per_work is None:
            return None
        return self.per_work * ((ahead + self.under_way / 2) / max(self.side_by_side, 1) + work)


class JobRows:
    """Table jobs, for reading."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def waiting(
        self, queue: str, kinds: Sequence[str] | None = None, *, heads: bool = False
    ) -> list[InLine]:
        """What may start now, of a queue.

        Args:
            queue: which one.
            kinds: only these; None for all.
            heads: only the first of each author, which is enough to choose the next.
        """
        now = self._db.time()
        params = {
            "queue": queue,
            "now": clock.text(now),
            "aged": clock.later(now, -AGED_S),
            "kinds": json.dumps(list(kinds)) if kinds is not None else None,
        }
        rows = self._db.rows(_HEADS if heads else _MAY_START, params)
        return [InLine(**{**dict(row), "aged": bool(row["aged"])}) for row in rows]

    def turns(self, queue: str) -> Turns:
        """Who of a queue is at work, and when each was served last."""
        busy = self._db.rows(
            "SELECT repository, author, count(*) FROM jobs WHERE status = 'leased' AND queue = ?"
            " GROUP BY 1, 2",
            (queue,),
        )
        served = self._db.rows(
            "SELECT repository, author, turn FROM served WHERE queue = ?", (queue,)
        )
        return Turns(
            clock=self._db.value("SELECT ifnull(max(turn), 0) FROM served"),
            served={(row[0], row[1]): row[2] for row in served},
            busy={(row[0], row[1]): row[2] for row in busy},
        )

    def get(self, job_id: int) -> Job | None:
        """One job."""
        row = self._db.one("SELECT * FROM jobs WHERE id = ?", (job_id,))
        return job_of(row) if row is not None else None

    def is_open(self, kind: str, repository: str, key: str | None = None) -> bool:
        """Whether such a job waits or is at work; `key` None: of any key."""
        found = self._db.one(
            "SELECT 1 FROM jobs WHERE status IN ('queued', 'leased') AND kind = :kind"
            " AND repository = :repository AND (:key IS NULL OR key = :key) LIMIT 1",
            {"kind": kind, "repository": repository, "key": key},
        )
        return found is not None

    def free_at(self, job: Job, most: int, seconds: float) -> str | None:
        """When a check may begin whose author has had enough runs lately.

        Args:
            job: the check.
            most: runs of its author's proposals in its repository that may begin within a time.
            seconds: how long that is.

        Returns:
            The time, as in all rows; None: now.
        """
        row = self._db.one(
            "SELECT started_at FROM runs WHERE repository = :repository AND kind = 'check'"
            " AND started_at > :since AND proposal IN (SELECT key FROM jobs WHERE kind = 'check'"
            " AND repository = :repository AND author = :author)"
            " ORDER BY started_at DESC LIMIT 1 OFFSET :before",
            {
                "repository": job.repository,
                "author": job.author,
                "since": clock.later(self._db.time(), -seconds),
                "before": most - 1,
            },
        )
        return clock.later(clock.parse(row["started_at"]), seconds) if row is not None else None

    def standing(self, job: Job, queue: str, work: int, most: int = FORESEEN) -> Standing | None:
        """Where a job stands in a queue, or would if it went there now.

        Returns:
            None where it waits for a time, or more than `most` others go before it.
        """
        waiting = [one for one in self.waiting(queue) if one.id != job.id]
        own = InLine(job.id, job.repository, job.author, 0, work, job.arrived)
        order = in_order([*waiting, own], self.turns(queue), most)
        before = list(itertools.takewhile(lambda one: one.id != job.id, order))
        if len(before) == len(order):
            return None
        seconds = self._pace(queue).seconds(sum(one.work for one in before), work)
        return Standing(len(before) + 1, len(waiting) + 1, seconds)

    def waiting_for(self, kind: str, key: str, repository: str) -> Job | None:
        """The job of a (kind, key) that waits now."""
        row = self._db.one(
            "SELECT * FROM jobs WHERE status = 'queued' AND kind = ? AND key = ?"
            " AND repository = ?",
            (kind, key, repository),
        )
        return job_of(row) if row is not None else None

    def _pace(self, queue: str) -> _Pace:
        """By what the last jobs of the queue took."""
        last = self._db.one(
            "SELECT sum(took), sum(work) FROM (SELECT work,"
            " (julianday(finished_at) - julianday(leased_at)) * 86400 AS took FROM jobs"
            " WHERE status = 'done' AND queue = ? AND work > 0 ORDER BY finished_at DESC LIMIT 20)",
            (queue,),
        )
        at_work = self._db.one(
            "SELECT count(*), ifnull(sum(work), 0) FROM jobs WHERE status = 'leased' AND queue = ?",
            (queue,),
        )
        side_by_side, under_way = (at_work[0], at_work[1]) if at_work else (0, 0)
        per_work = float(last[0] / last[1]) if last is not None and last[1] else None
        return _Pace(per_work, side_by_side, under_way)

    def at_work(self, limit: int = 100) -> list[QueueRow]:
        """The jobs that workers have now, the longest first."""
        rows = self._db.rows(
            "SELECT * FROM jobs WHERE status = 'leased' ORDER BY leased_at, id LIMIT ?", (limit,)
        )
        now = self._db.time()
        return [QueueRow(job_of(row), None, clock.age_s(row["leased_at"], now)) for row in rows]

    def line(self, limit: int, offset: int = 0) -> list[QueueRow]:
        """What waits, queue by queue, in the order in which it will be taken.

        Of each queue come last what waits for a time, and what is more than `FORESEEN` places back.
        """
        found: list[tuple[int, Standing | None]] = []
        for queue in QUEUES:
            found += self._places(queue)
        shown = found[offset : offset + limit]
        rows = self._db.rows(
            "SELECT * FROM jobs WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps([number for number, _ in shown]),),
        )
        jobs, now = {row["id"]: job_of(row) for row in rows}, self._db.time()
        return [
            QueueRow(jobs[number], standing, clock.age_s(jobs[number].enqueued_at, now))
            for number, standing in shown
            if number in jobs
        ]

    def _places(self, queue: str) -> list[tuple[int, Standing | None]]:
        waiting, pace, ahead = self.waiting(queue), self._pace(queue), 0
        found: dict[int, Standing | None] = {}
        for place, one in enumerate(in_order(waiting, self.turns(queue), FORESEEN), 1):
            found[one.id] = Standing(place, len(waiting), pace.seconds(ahead, one.work))
            ahead += one.work
        rest = self._db.rows(
            "SELECT id FROM jobs WHERE status = 'queued' AND queue = ? ORDER BY id", (queue,)
        )
        return [*found.items(), *((row[0], None) for row in rest if row[0] not in found)]

    def oldest_s(self) -> dict[str, float]:
        """Queue -> age of the job in it that waits longest, in seconds."""
        now = self._db.time()
        rows = self._db.rows(
            "SELECT queue, min(enqueued_at) FROM jobs WHERE status = 'queued'"
            " AND not_before <= ? GROUP BY queue",
            (clock.text(now),),
        )
        found = {row[0]: clock.age_s(row[1], now) for row in rows}
        return {queue: found.get(queue, 0.0) for queue in QUEUES}

    def depth(self) -> dict[str, int]:
        """How many jobs wait and are worked on: {"queued": n, "leased": n}."""
        counts = self._db.counts(
            "SELECT 'queued', count(*) FROM jobs WHERE status = 'queued'"
            " UNION ALL SELECT 'leased', count(*) FROM jobs WHERE status = 'leased'"
        )
        return {"queued": counts["queued"], "leased": counts["leased"]}


def job_of(row: sqlite3.Row) -> Job:
    """A row as a value."""
    payload, number = read(row["payload"])
    fields = {**dict(row), "payload": payload, "format": number}
    del fields["leased_at"]
    return Job(**fields)
