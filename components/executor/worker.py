"""A worker process: one job at a time in its own sandbox. It ends when its executor does.

python -m components.executor.worker DESCRIPTOR
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue

from components.engine.market_data import FolderData
from components.errors import AlgoOpsError
from components.executor.broken import broken
from components.executor.messages import (
    CancelJob,
    Done,
    JobBegan,
    Order,
    RunJob,
    State,
    Word,
    WorkerSpec,
)
from components.executor.run import run_job
from components.executor.voice import Voice, overhear_logs, speaking
from components.ports import Guest, GuestJob, Hear, OutputLine
from components.sandbox.backends.pool import PooledSandbox
from components.sandbox.backends.select import open_sandbox
from components.schema.results.values import ExecutionResult


class Killable:
    """A sandbox whose guests can be killed from another thread, for one job.

    Args:
        sandbox: the sandbox backend.
        hear: is told what its guests say; None: nobody listens.
        began: is told the wall-clock limit of each guest that takes the job.
    """

    def __init__(
        self,
        sandbox: PooledSandbox,
        hear: Hear | None = None,
        began: Callable[[float], None] | None = None,
    ) -> None:
        self._sandbox, self._hear, self._began = sandbox, hear, began
        self.backend, self.image = sandbox.backend, sandbox.image
        self._guest: Guest | None = None
        self._cancelled = False
        self._lock = threading.Lock()

    def open(self, job: GuestJob) -> Guest:
        """See `ports.Sandbox`."""
        guest = self._sandbox.open(replace(job, hear=self._hear))
        if self._began is not None:
            self._began(job.limits.wall_s)
        if self._hear is not None:
            self._hear(OutputLine("worker", f"{job.kind} begins in {self.backend}"))
        with self._lock:
            self._guest = guest
            if self._cancelled:
                guest.kill()
        return guest

    def cancel(self) -> None:
        """Kill the guest that there is, and any that is opened from now on."""
        with self._lock:
            self._cancelled = True
            if self._guest is not None:
                self._guest.kill()

    def ping(self) -> str:
        """See `ports.Sandbox`."""
        return self._sandbox.ping()

    def reap(self) -> int:
        """See `ports.Sandbox`."""
        return self._sandbox.reap()

    def close(self) -> None:
        """See `ports.Sandbox`: the worker's sandbox outlives the job."""


NICENESS = 5
"""Backtests give way to the daemon's answers on a busy machine."""


KEPT_S = 5.0
"""How long guests of the last jobs are kept for further jobs of the same files."""


class Worker:
    """Takes orders from its executor until the line ends."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._spec: WorkerSpec = line.recv()
        self._data = FolderData(self._spec.data)
        self._sandbox: PooledSandbox | None = None
        self._current: tuple[int, Killable] | None = None
        self._cancelled: set[int] = set()
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._orders: SimpleQueue[RunJob | None] = SimpleQueue()

    def serve(self) -> None:
        """Work until the executor hangs up; then close the sandbox."""
        problem = self._open_sandbox()
        try:
            self._tell(self._state(problem))
        except OSError:  # the executor is gone: killed while the sandbox was opened
            self._orders.put(None)
        threading.Thread(target=self._listen, daemon=True).start()
        while (order := self._next()) is not None:
            result, problem = self._work(order)
            try:
                self._tell(Done(order.number, result, self._state(problem)))
            except OSError:
                break
        if self._sandbox is not None:
            self._sandbox.close()

    def _next(self) -> RunJob | None:
        """The next order; guests that are kept for a check go when no more of it comes."""
        try:
            return self._orders.get(timeout=KEPT_S)
        except Empty:
            if self._sandbox is not None:
                self._sandbox.release()
            return self._orders.get()

    def _listen(self) -> None:
        while True:
            try:
                order: Order = self._line.recv()
            except (EOFError, OSError):
                self._hang_up()
                return
            if isinstance(order, RunJob):
                self._orders.put(order)
            else:
                self._cancel(order)

    def _cancel(self, order: CancelJob) -> None:
        with self._lock:
            self._cancelled.add(order.number)
            if self._current is not None and self._current[0] == order.number:
                self._current[1].cancel()

    def _hang_up(self) -> None:
        with self._lock:
            if self._current is not None:
                self._current[1].cancel()
        self._orders.put(None)

    def _work(self, order: RunJob) -> tuple[ExecutionResult, str]:
        problem = self._open_sandbox()
        if self._sandbox is None:
            return broken(problem), problem
        hear = Voice(partial(self._say, order.number)).say if order.listen else None
        sandbox = Killable(self._sandbox, hear, partial(self._note, order.number))
        with self._lock:
            self._current = (order.number, sandbox)
            if order.number in self._cancelled:
                sandbox.cancel()
        try:
            with speaking(hear):
                return run_job(order.job, sandbox, self._data), ""
        finally:
            with self._lock:
                self._current = None
                self._cancelled.clear()

    def _note(self, number: int, wall_s: float) -> None:
        with contextlib.suppress(OSError):  # the executor is gone, which the line's reader sees
            self._tell(JobBegan(number, wall_s))

    def _tell(self, answer: JobBegan | Done | State | Word) -> None:
        """Raises OSError when the executor is gone."""
        with self._telling:  # a job's words come from a thread of their own
            self._line.send(answer)

    def _say(self, number: int, said: OutputLine) -> None:
        with contextlib.suppress(OSError):  # the executor is gone, which the line's reader sees
            self._tell(Word(number, said))

    def _open_sandbox(self) -> str:
        """Open the sandbox unless it is open; why there is none, or ""."""
        if self._sandbox is not None:
            return ""
        try:
            self._sandbox = open_sandbox(self._spec.sandbox)
        except AlgoOpsError as error:
            return str(error)
        return ""

    def _state(self, problem: str) -> State:
        return State(warm=self._sandbox.warm() if self._sandbox else 0, problem=problem)


def main() -> None:
    """Serve on the inherited descriptor."""
    os.nice(NICENESS)
    overhear_logs()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the executor's to obey
    Worker(Connection(int(sys.argv[1]))).serve()
    os._exit(0)  # a thread of some library must not keep an orderly worker alive


if __name__ == "__main__":
    main()
