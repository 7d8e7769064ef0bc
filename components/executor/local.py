"""Runs jobs in worker processes on this machine, one for each core, each with its sandbox."""

import contextlib
import itertools
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from components.errors import AlgoOpsError, TransientError
from components.executor.again import Again, again, may_run_again, rest_s
from components.executor.broken import broken
from components.executor.fair import FairQueue
from components.executor.local_process import Answer, Process
from components.executor.messages import CancelJob, Done, JobBegan, RunJob, State, Word, WorkerSpec
from components.executor.room import Room, wait_for_calm
from components.executor.voice import hand_over
from components.ports import NO_TURN, Hear, Job, ScriptJob, Turn
from components.sandbox.backends.pool import MOST_USED
from components.sandbox.backends.select import open_sandbox
from components.sandbox.image import inventory
from components.schema.results.values import ExecutionResult, Status

if TYPE_CHECKING:
    from components.sandbox.backends.pool import PooledSandbox

OPENING_S = 600.0
"""How long a worker may take until a guest has the job."""

GRACE_S = 30.0
"""How long after a job's wall-clock limit its worker is waited for; then the worker is replaced."""

REAP_EVERY_S = 30.0

log = structlog.get_logger(__name__)


class JobFuture(Future[ExecutionResult]):
    """A job's result to come. Cancelling a running job kills its guest: the result is `killed`."""

    def __init__(self, stop: Callable[[], None]) -> None:
        super().__init__()
        self._stop = stop

    def cancel(self) -> bool:
        """Whether it is, or will be, stopped; False when it has ended already."""
        if super().cancel():
            return True
        if self.done():
            return False
        self._stop()
        return True


@dataclass
class _Task:
    number: int
    job: Job
    hear: Hear | None = None
    turn: Turn = NO_TURN
    cancelled: threading.Event = field(default_factory=threading.Event)
    worker: Process | None = None
    future: JobFuture = field(init=False)
    content: frozenset[tuple[str, bytes]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.future = JobFuture(self.stop)
        if not isinstance(self.job, ScriptJob):
            self.content = frozenset(self.job.files.items())

    def is_wanted(self) -> bool:
        return not self.cancelled.is_set()

    def stop(self) -> None:
        self.cancelled.set()
        worker = self.worker  # read once: its thread takes it away when the job ends
        if worker is not None:
            with contextlib.suppress(OSError):  # it has ended, and the job with it
                worker.tell(CancelJob(self.number))


class LocalExecutor:
    """Implements `ports.Executor`.

    Args:
        spec: the workers' sandboxes and data; `warm` counts the guests of all workers together.
        workers: how many processes; 0 means one for each core.
    """

    def __init__(self, spec: WorkerSpec, workers: int = 0) -> None:
        self._ahead = False
        self._count = workers or os.cpu_count() or 1
        self._asked = replace(
            spec,
            sandbox=replace(
                spec.sandbox,
                contents=spec.sandbox.contents or inventory.take(spec.sandbox.packages),
            ),
        )
        self._sandbox: PooledSandbox | None = None
        self._problem = ""
        self._numbers = itertools.count(1)
        self._tasks: FairQueue[_Task] = FairQueue()
        self._running: dict[int, _Task] = {}
        self._homes: OrderedDict[frozenset[tuple[str, bytes]], set[int]] = OrderedDict()
        self._states: dict[int, State] = {}
        self._restarts = 0
        self._lock = threading.Lock()
        self._room = Room()
        self._closing = threading.Event()
        self._look()
        self._threads: list[threading.Thread] = []
        self._janitor = threading.Thread(target=self._sweep, name="sandbox-reaper", daemon=True)
        self._janitor.start()

    def prepare(self) -> None:
        """See `ports.Executor`: all workers start at once, and they their warm guests, if any."""
        self._ahead = self._asked.sandbox.warm > 0
        if self._ahead:
            self._begin()

    def _begin(self) -> None:
        """Have a thread for each worker; the worker comes with its first job, or ahead of it."""
        with self._lock:
            if self._threads or self._closing.is_set():
                return
            self._threads = [
                threading.Thread(
                    target=self._tend, args=(seat,), name=f"worker-{seat}", daemon=True
                )
                for seat in range(self._count)
            ]
            for thread in self._threads:
                thread.start()

    def submit(
        self, job: Job, hear: Hear | None = None, turn: Turn = NO_TURN
    ) -> Future[ExecutionResult]:
        """See `ports.Executor`. Raises TransientError after `close`."""
        if self._closing.is_set():
            raise TransientError("the executor is shut down")
        self._begin()
        task = _Task(next(self._numbers), job, hear, turn)
        self._tasks.put(task, turn)
        return task.future

    def describe(self) -> dict[str, object]:
        """See `ports.Executor`."""
        if self._sandbox is None and not self._closing.is_set():
            self._look()
        with self._lock:
            warm = sum(state.warm for state in self._states.values())
            busy = len(self._running)
        sandbox = self._sandbox
        return {
            "available": sandbox is not None,
            "detail": self._problem,
            "backend": sandbox.backend if sandbox else "",
            "image": sandbox.image if sandbox else "",
            "unlimited": list(sandbox.unlimited) if sandbox else [],
            "workers": self._count,
            "warm": warm,
            "busy": busy,
            "starting": self._count - len(self._states),
            "queued": len(self._tasks),
            "restarts": self._restarts,
        }

    def close(self) -> None:
        """See `ports.Executor`."""
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
        self._drop_waiting()
        with self._lock:
            running = list(self._running.values())
        for task in running:
            task.future.cancel()
        for thread in self._threads:
            thread.join()
        self._drop_waiting()  # whoever asked in the same moment
        self._janitor.join()
        if self._sandbox is not None:
            self._reap(self._sandbox)
            self._sandbox.close()

    def _drop_waiting(self) -> None:
        """Cancel what no worker has taken; from now on none takes any."""
        for task in self._tasks.close():
            task.future.cancel()

    def _look(self) -> None:
        """Find the sandbox backend, without starting guests: to describe it and to clean up."""
        try:
            self._sandbox = open_sandbox(replace(self._asked.sandbox, warm=0))
        except (AlgoOpsError, OSError) as error:
            self._problem = str(error)
            return
        self._problem = ""

    def _spec(self) -> WorkerSpec:
        """What a worker is told: the sandbox backend, and its share of the warm guests."""
        wanted = self._asked.sandbox
        each = -(-wanted.warm // self._count)
        found = self._sandbox.backend if self._sandbox is not None else wanted.backend
        return replace(self._asked, sandbox=replace(wanted, warm=each, backend=found))

    def _tend(self, seat: int) -> None:
        """One worker and its replacements, from the first job to the last."""
        worker = self._hire(seat) if self._ahead else None
        while (task := self._tasks.get(partial(self._rank, seat))) is not None:
            if not task.future.set_running_or_notify_cancel():
                self._tasks.done(task.turn, 0.0)
                continue
            with self._lock:
                self._running[task.number] = task
                self._settle_at(seat, task)
            started = time.monotonic()
            result, worker = self._to_its_end(seat, worker, task)
            task.cancelled.wait(rest_s(task.job, time.monotonic() - started))
            self._tasks.done(task.turn, time.monotonic() - started)
            with self._lock:
                del self._running[task.number]
            task.future.set_result(_told(result, task))
        if worker is not None:
            worker.end()

    def _settle_at(self, seat: int, task: _Task) -> None:
        """Note which worker may have a sandbox instance for the files of a job from now on."""
        if task.content is not None and self._asked.sandbox.share:
            self._homes.setdefault(task.content, set()).add(seat)
            self._homes.move_to_end(task.content)
            while len(self._homes) > MOST_USED * self._count:
                self._homes.popitem(last=False)

    def _rank(self, seat: int, task: _Task) -> int:
        """What this worker may have an instance for goes first; what only others have, last."""
        with self._lock:
            homes = self._homes.get(task.content) if task.content is not None else None
        return 1 if homes is None else 0 if seat in homes else 2

    def _to_its_end(
        self, seat: int, worker: Process | None, task: _Task
    ) -> tuple[ExecutionResult, Process | None]:
        """Run a job as often as it takes (see `again`); its result, and the worker that is left."""
        result, runs = broken("no worker process could be started"), 0
        how: Again = "beside others"
        while how != "no":
            with self._room.enter(alone=how == "alone", wanted=task.is_wanted) as stay:
                worker = worker or self._hire(seat)
                if worker is not None:
                    result, alive = self._attempt(worker, task)
                    if not alive:
                        self._fire(worker, seat)
                        worker = None
            runs += 1
            wanted = task.is_wanted() and may_run_again(task.job, result)
            how = again(result, runs, alone=stay.alone) if wanted else "no"
            if how == "alone" and result.status is not Status.TIMEOUT:
                wait_for_calm(task.cancelled)
        return result, worker

    def _attempt(self, worker: Process, task: _Task) -> tuple[ExecutionResult, bool]:
        task.worker = worker
        try:
            worker.tell(RunJob(task.number, task.job, listen=task.hear is not None))
            if task.cancelled.is_set():
                worker.tell(CancelJob(task.number))
            done = self._await(worker, task)
        except TimeoutError:
            return broken("its worker process did not finish it in time"), False
        except (EOFError, OSError) as error:
            return broken(f"its worker process ended while running it: {error!r}"), False
        except Exception as error:  # noqa: BLE001  # what cannot be (un)pickled must not end this thread
            return broken(
                f"its worker process sent a message that cannot be read: {error!r}"
            ), False
        finally:
            task.worker = None
        if not isinstance(done, Done):
            return broken("its worker process broke the protocol"), False
        self._note(worker.seat, done.state)
        return done.result, True

    def _await(self, worker: Process, task: _Task) -> Answer:
        """What the worker says when it is done. Raises TimeoutError, and as `Process.hear`."""
        deadline = time.monotonic() + OPENING_S
        while isinstance(said := worker.hear(deadline - time.monotonic()), JobBegan | Word):
            if isinstance(said, JobBegan):
                deadline = time.monotonic() + said.wall_s + GRACE_S
            elif said.number == task.number:
                hand_over(task.hear, said.said)
        return said

    def _hire(self, seat: int) -> Process | None:
        try:
            worker = Process(self._spec(), seat)
        except OSError as error:  # no process, descriptor or memory is to be had: tried again
            log.warning("worker-not-started", seat=seat, reason=str(error))
            return None
        try:
            worker.begin()
            state = worker.hear()
        except Exception as error:  # noqa: BLE001  # as in `_attempt`
            log.warning("worker-not-ready", seat=seat, reason=repr(error))
            self._fire(worker, seat)
            return None
        if isinstance(state, State):
            self._note(seat, state)
        return worker

    def _fire(self, worker: Process, seat: int) -> None:
        log.warning("worker-ended", seat=seat, pid=worker.pid)
        worker.end()
        with self._lock:
            self._restarts += 1
            self._states.pop(seat, None)

    def _note(self, seat: int, state: State) -> None:
        with self._lock:
            self._states[seat] = state

    def _sweep(self) -> None:
        """Remove what dead owners left behind: at the start, then at every interval."""
        while True:
            if self._sandbox is not None:
                self._reap(self._sandbox)
            if self._closing.wait(REAP_EVERY_S):
                return

    def _reap(self, sandbox: "PooledSandbox") -> None:
        try:
            sandbox.reap()
        except (TransientError, OSError) as error:
            log.warning("sandboxes-not-reaped", reason=str(error))


def _told(result: ExecutionResult, task: _Task) -> ExecutionResult:
    if task.cancelled.is_set() and result.status is Status.INFRASTRUCTURE_ERROR:
        return result.model_copy(update={"status": Status.KILLED, "message": "it was cancelled"})
    return result
