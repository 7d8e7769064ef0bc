"""Runs jobs on a dask cluster of `algoops worker` processes. A job that is lost is run again.

Each job is one coroutine on this executor's own event loop: it ends once, with a result of a
sandbox or with `infrastructure_error` or `killed`. While there is no scheduler or no worker it
waits; nothing is kept on the scheduler that is not kept here too.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from distributed import Client
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from components.engine.market_data import FolderData
from components.errors import AlgoOpsError, ConfigError, TransientError
from components.executor.again import MOST_RUNS, again, may_run_again, rest_s
from components.executor.broken import broken
from components.executor.dask_link import Link
from components.executor.dask_worker import SLOT, Order, answer_in, checked_address, run_order
from components.executor.local import JobFuture
from components.executor.messages import WorkerSpec
from components.executor.sent import Files, Lacking, names_of
from components.executor.voice import hand_over, one_line
from components.ports import NO_TURN, Hear, Job, OutputLine, Turn
from components.sandbox.backends.select import open_sandbox
from components.schema.results.values import ExecutionResult, Status

if TYPE_CHECKING:
    from components.sandbox.backends.pool import PooledSandbox

CLOSE_TIMEOUT_S = 20.0
URGENT = 1.0
"""Above all others: their priority falls with each job that an author has open."""

log = structlog.get_logger(__name__)


class DaskExecutor:
    """Implements `ports.Executor`.

    The sandbox of this machine is opened too, without guests: its id is part of what a verdict
    belongs to, before any worker is there, and a worker with another one is refused.

    Args:
        spec: this machine's sandbox, of which workers have their own with the same contents, and
            the data, which they are sent.
        address: the scheduler's, tcp://HOST:PORT or tls://HOST:PORT.

    Raises:
        ConfigError: it is no such address.
    """

    def __init__(self, spec: WorkerSpec, address: str) -> None:
        self._address = checked_address(address)
        self._sandbox_spec = replace(spec.sandbox, warm=0)
        self._files = Files(FolderData(spec.data))
        self._sandbox: PooledSandbox | None = None
        self._problem = ""
        self._look()
        self._open: dict[JobFuture, Turn] = {}
        self._listeners: dict[str, Hear] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._link = Link(self._address, self._overhear)
        self._thread = threading.Thread(target=self._loop.run_forever, name="dask", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._link.client(), self._loop)

    def submit(
        self, job: Job, hear: Hear | None = None, turn: Turn = NO_TURN
    ) -> Future[ExecutionResult]:
        """See `ports.Executor`. Raises TransientError after `close`."""
        if self._closing.is_set():
            raise TransientError("the executor is shut down")
        with self._lock:
            ahead = sum(open_turn == turn for open_turn in self._open.values())
        priority = URGENT if turn.urgent else -ahead / turn.weight
        work = asyncio.run_coroutine_threadsafe(self._run(job, hear, priority), self._loop)

        def stop() -> None:
            work.cancel()

        future = JobFuture(stop)
        future.set_running_or_notify_cancel()
        with self._lock:
            self._open[future] = turn
        work.add_done_callback(partial(self._settle, future))
        return future

    def prepare(self) -> None:
        """See `ports.Executor`: a cluster's workers start with the cluster."""

    def describe(self) -> dict[str, object]:
        """See `ports.Executor`; `available` needs this machine's sandbox and a worker."""
        if self._sandbox is None and not self._closing.is_set():
            self._look()
        sandbox, workers = self._sandbox, self._link.workers()
        waits = "" if workers else f"no `algoops worker` at {self._address}: jobs wait"
        with self._lock:
            queued = len(self._open)
        return {
            "available": sandbox is not None and workers > 0,
            "detail": self._problem or self._link.problem or waits,
            "backend": sandbox.backend if sandbox else "",
            "image": sandbox.image if sandbox else "",
            "unlimited": list(sandbox.unlimited) if sandbox else [],
            "workers": workers,
            "queued": queued,
            "restarts": self._link.lost,
        }

    def close(self) -> None:
        """See `ports.Executor`. Workers are not ours to stop; their guests of our jobs are."""
        if self._closing.is_set():
            return
        self._closing.set()
        with self._lock:
            futures = list(self._open)
        for future in futures:
            future.cancel()
        asyncio.run_coroutine_threadsafe(self._wind_up(), self._loop).result(CLOSE_TIMEOUT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._sandbox is not None:
            self._sandbox.close()

    def _look(self) -> None:
        try:
            self._sandbox = open_sandbox(self._sandbox_spec)
        except AlgoOpsError as error:
            self._problem = str(error)
            return
        self._problem = ""

    def _settle(self, future: JobFuture, work: "Future[ExecutionResult]") -> None:
        with self._lock:
            self._open.pop(future, None)
        if work.cancelled():
            killed = ExecutionResult(status=Status.KILLED, message="it was cancelled")
            future.set_result(killed)
            return
        error = work.exception()
        if error is not None:
            log.error("job-not-run", error=repr(error))
            future.set_result(broken(f"this is a bug: {error!r}"))
            return
        future.set_result(work.result())

    async def _run(self, job: Job, hear: Hear | None, priority: float) -> ExecutionResult:
        started = time.monotonic()
        result = await self._to_its_end(job, hear, priority)
        await asyncio.sleep(rest_s(job, time.monotonic() - started))
        return result

    async def _to_its_end(self, job: Job, hear: Hear | None, priority: float) -> ExecutionResult:
        if self._sandbox is None:
            return broken(self._problem)
        order = Order(job, self._sandbox.image, listen=hear is not None)
        runs, how = 0, "beside others"
        while how != "no":
            try:
                result = await self._once(order, hear, priority)
            except KilledWorker as error:  # dask has tried it again already
                return broken(f"its worker process ended while running it, several times: {error}")
            if result.status is Status.KILLED:  # a worker that was shut down; nobody else kills
                result = broken("its worker was shut down while running it")
            runs += 1
            if not may_run_again(job, result):
                break
            how = again(result, runs, alone=False)  # a cluster keeps no worker free of others
        return result

    async def _once(self, order: Order, hear: Hear | None, priority: float) -> ExecutionResult:
        """Run it on the cluster that there is; when that is lost, on the next one."""
        unsent = 0
        while unsent < MOST_RUNS:
            client = await self._link.client()
            key = f"algoops-{uuid4().hex}"
            try:
                wanted = await asyncio.to_thread(self._files.wanted, order.job)
                put = await self._link.shelve(client, names_of(wanted), self._files.read)
                with self._listening(key, hear):
                    answer = await _run_on(client, key, replace(order, wanted=wanted), priority)
                if isinstance(answer, ExecutionResult):
                    return answer
                unsent += 1
                self._link.lacks(answer.digests, put)
            except (Lacking, ConfigError):  # a file has changed, or gone, since its hash was taken
                unsent += 1
            except (FutureCancelledError, OSError, TimeoutError) as error:
                why = str(error).splitlines()[-1] if str(error) else repr(error)
                log.warning("job-submitted-again", label=order.job.label, reason=why)
        return broken(
            "its bars did not reach a worker whole, or change while they are read (jobs with more "
            "than 1 GiB of them need the local executor)"
        )

    @contextmanager
    def _listening(self, key: str, hear: Hear | None) -> Iterator[None]:
        """Within the block `hear` is told what is said under this key; later words are nobody's."""
        if hear is not None:
            self._listeners[key] = hear
        try:
            yield
        finally:
            self._listeners.pop(key, None)

    def _overhear(self, event: Any) -> None:
        """A worker's words, as dask brings them; only what has their form is told."""
        match event:
            case (
                _,
                (
                    str(key),
                    "stdout" | "stderr" | "progress" | "worker" as source,
                    str(text),
                    str(by),
                ),
            ):
                said = OutputLine(source, one_line(text), one_line(by))
                hand_over(self._listeners.get(key), said)
            case _:
                log.warning("job_output_not_understood")

    async def _wind_up(self) -> None:
        """Let the jobs' coroutines, and dask's own, end before the loop does."""
        await self._link.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


async def _run_on(
    client: Client, key: str, order: Order, priority: float
) -> ExecutionResult | Lacking:
    """One job on this client's cluster. Left early, the scheduler is told to let go of it."""
    handle = client.submit(
        run_order, order, key=key, pure=False, resources={SLOT: 1}, priority=priority
    )
    try:
        packed: bytes = await handle
    finally:
        handle.release()
    return answer_in(packed)
