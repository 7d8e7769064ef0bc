"""The one loop: take a job from the queue, do it, settle it. Workers are threads."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.checks.strategy import Superseded
from bot.core.failpoints import failpoint
from bot.daemon.backtests import run_backtest_job
from bot.daemon.commands import run_command
from bot.daemon.damage import note_damage
from bot.daemon.intake import close, dispatch
from bot.daemon.merge_groups import check_group
from bot.daemon.reconcile import reconcile
from bot.deploy.drift import base_moved
from bot.deploy.recheck import recheck
from bot.deploy.when_ready import land_wished
from bot.forward.follow import follow
from bot.forward.send import send, write_notes
from bot.landing.board import show_board
from bot.landing.context import World
from bot.proposals.check import check_proposal
from bot.proposals.rate import waits_for_rate
from components.errors import AlgoOpsError, TransientError
from components.safe_tools.damage import RepositoryDamaged
from components.state.db.errors import StateTooNew
from components.state.tables.payloads import is_newer
from components.state.tables.records import Job
from components.state.tables.turns import (
    CONTROL,
    MESSAGES,
    OUTGOING,
    QUEUES,
    SANDBOX,
    STATIC,
    TurnBounds,
)

log = structlog.get_logger(__name__)

LEASE_S = 30.0
BEAT_S = 10.0
IDLE_S = 1.0
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 300.0
Handler = Callable[[World, Job], None]
AT_CONTROL = 4
AT_STATIC = 2
AT_OUTGOING = 2


@dataclass(frozen=True)
class Seat:
    """What one thread takes: jobs of these queues, within these bounds."""

    queues: tuple[str, ...] = QUEUES
    bounds: TurnBounds | None = None


def daemon_seats(workers: int) -> tuple[Seat, ...]:
    """The daemon's threads: each queue has its own, so that none waits for another one.

    One author has at most half of those that wait for the sandbox, and one repository all but one:
    whoever comes next finds a thread at once. Sandbox jobs themselves take turns at the executor.

    Args:
        workers: how many sandbox jobs the executor runs side by side.
    """
    each = workers + 1
    own = (Seat((CONTROL,)),) * AT_CONTROL + (
        Seat((STATIC,), TurnBounds(1, AT_STATIC)),
    ) * AT_STATIC
    own += (Seat((OUTGOING,)), Seat((MESSAGES,))) * AT_OUTGOING
    return own + (Seat((SANDBOX,), TurnBounds(each, 2 * each - 1)),) * (2 * each)


def _check(world: World, job: Job) -> None:
    watched = world.repository(job.repository)
    if not waits_for_rate(world, watched, job):
        check_proposal(world, job)
        land_wished(world, watched, job.key)


def _close(world: World, job: Job) -> None:
    close(world, job.repository, str(job.payload["proposal"]))


HANDLERS: dict[str, Handler] = {
    "check": _check,
    "close": _close,
    "base": base_moved,
    "command": run_command,
    "tick": reconcile,
    "recheck": recheck,
    "group": check_group,
    "backtest": run_backtest_job,
    "forward": follow,
    "note": write_notes,
    "board": show_board,
    "webhook": send,
}


class Runner:
    """Threads that take jobs until `stop`.

    Args:
        world: everything that jobs need.
        seats: what each thread takes; most of their time is waiting for sandboxes.
    """

    def __init__(self, world: World, seats: Sequence[Seat] = (Seat(),) * 2) -> None:
        self._world = world
        self._threads = [
            threading.Thread(target=self._loop, args=(f"worker-{n}", seat), name=f"worker-{n}")
            for n, seat in enumerate(seats)
        ]
        self._dispatcher = threading.Thread(target=self._dispatch, name="dispatcher")
        self._taking = threading.Lock()
        self._at_work: dict[int, str] = {}  # job -> worker
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._ended = threading.Event()
        self._jobs = threading.Condition()
        self._told = 0  # counts notifications, so that none between a look and a wait is missed

    def use(self, world: World) -> None:
        """Have jobs that begin from now on work on this world; both share one store."""
        self._world = world

    def start(self) -> None:
        """Take back the jobs of a daemon that died, then work."""
        lost = self._world.store.jobs.reclaim(everything=True)
        if lost:
            log.info("jobs of an earlier daemon taken back", count=lost)
        for thread in (self._heart, self._dispatcher, *self._threads):
            thread.start()

    def stop(self) -> None:
        """Stop: running jobs are interrupted and stay in the queue. Idempotent."""
        self._world.stopping.set()
        self._world.running.stop_all()
        self._world.wake.set()
        self._world.settled.ring()
        self._tell_workers()
        for thread in (self._dispatcher, *self._threads):
            if thread.is_alive():
                thread.join()
        self._ended.set()
        if self._heart.is_alive():
            self._heart.join()

    def _beat(self) -> None:
        """Keep the leases of all jobs that are worked on."""
        while not self._ended.wait(BEAT_S):
            with self._taking:
                at_work = tuple(self._at_work.items())
            for job, worker in at_work:
                try:
                    self._world.store.jobs.heartbeat(job, worker, LEASE_S)
                except Exception as error:  # noqa: BLE001  # this daemon keeps its jobs anyway
                    log.warning("no heartbeat", job=job, why=str(error) or repr(error))

    def _dispatch(self) -> None:
        world = self._world
        while not world.stopping.is_set():
            world.wake.wait(IDLE_S)
            world.wake.clear()
            try:
                while dispatch(self._world):
                    pass
                with self._taking:
                    world.store.jobs.reclaim(at_work=self._at_work)
            except Exception as error:  # noqa: BLE001  # without this thread nothing is heard any more
                self._trouble("events wait", error)
            self._tell_workers()

    def _tell_workers(self) -> None:
        with self._jobs:
            self._told += 1
            self._jobs.notify_all()

    def _wait(self, told: int) -> None:
        with self._jobs:
            self._jobs.wait_for(lambda: self._told != told, IDLE_S)

    def _loop(self, worker: str, seat: Seat) -> None:
        world = self._world
        while not world.stopping.is_set():
            told = self._told
            try:
                job = self._take(worker, seat)
                if job is None:
                    self._wait(told)
                else:
                    self._hold(worker, job)
            except Exception as error:  # noqa: BLE001  # its lease runs out; this thread must not end
                self._trouble("a job cannot be taken or settled", error)

    def _take(self, worker: str, seat: Seat) -> Job | None:
        """The next job. Nothing is taken back between its lease and its entry in `_at_work`."""
        with self._taking:
            job = self._world.store.jobs.lease(
                worker, LEASE_S, at_work=self._at_work, queues=seat.queues, bounds=seat.bounds
            )
            if job is not None:
                self._at_work[job.id] = worker
            return job

    def _hold(self, worker: str, job: Job) -> None:
        """Work on a job; until then nobody else of this daemon does, whatever its lease says."""
        try:
            self._work(worker, job)
        finally:
            with self._taking:
                if self._at_work.get(job.id) == worker:  # its next stage may be at work already
                    del self._at_work[job.id]
            self._world.settled.ring()
            self._tell_workers()

    def _trouble(self, what: str, error: Exception) -> None:
        """Say what is wrong and pause: a full disk, say, must not end the thread that met it."""
        if self._world.troubles.is_news(what, repr(error)):
            if isinstance(error, AlgoOpsError):
                log.warning(what, why=str(error))
            else:
                log.error(what, exc_info=error)
        self._world.stopping.wait(IDLE_S)

    def _work(self, worker: str, job: Job) -> None:
        store = self._world.store
        words = log.bind(kind=job.kind, key=job.key, repository=job.repository, job=job.id)
        try:
            _refuse_newer(job)
            HANDLERS[job.kind](self._world, job)
        except Superseded:
            words.info("job interrupted")  # its lease is taken back at the next start
        except TransientError as error:
            if isinstance(error, RepositoryDamaged):
                note_damage(self._world, job.repository, error)
            delay = error.retry_after_s or _backoff(job.attempts)
            words.warning("job is tried again", why=str(error), in_s=delay)
            store.jobs.retry(job.id, worker, delay, str(error))
        except AlgoOpsError as error:
            words.warning("job failed", why=str(error))
            store.jobs.fail(job.id, worker, str(error))
        except Exception as error:  # noqa: BLE001  # the boundary: a bug is loud in the log, never passed
            self._world.troubles.note(f"{job.kind} {job.key}", f"this is a bug: {error!r}")
            if self._world.troubles.is_news("job broke", repr(error)):
                words.exception("job broke")
            store.jobs.retry(job.id, worker, _backoff(job.attempts), repr(error))
        else:
            self._world.troubles.over(f"{job.kind} {job.key}")
            failpoint(f"{job.kind}.settled")
            store.jobs.complete(job.id, worker)


def _refuse_newer(job: Job) -> None:
    if is_newer(job.format):
        raise StateTooNew(
            f"job {job.id} ({job.kind}) was written by a newer AlgoOps",
            hint="upgrade AlgoOps again, and ask for it once more",
        )


def _backoff(attempts: int) -> float:
    return min(LONGEST_RETRY_S, FIRST_RETRY_S * float(4 ** max(0, attempts - 1)))
