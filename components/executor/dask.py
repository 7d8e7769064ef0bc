"""Runs jobs on a dask cluster of `algoops worker` processes. A job that is lost is run again.

Each job is one coroutine on this executor's own event loop: it ends once, with a result of a
sandbox or with `infrastructure_error` or `killed`. While there is no scheduler or no worker it
waits; nothing is kept on the scheduler that is not kept here too.
"""

import asyncio
import threading
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from distributed import Client
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from components.engine.market_data import FolderData
from components.errors import AlgoOpsError, TransientError
from components.executor.dask_link import Link
from components.executor.dask_worker import SLOT, Order, checked_address, run_order
from components.executor.local import ATTEMPTS, JobFuture
from components.executor.messages import WorkerSpec
from components.executor.run import broken
from components.ports import Job, ScriptJob
from components.sandbox.choose import open_sandbox
from components.schema.values import ExecutionResult, Status

if TYPE_CHECKING:
    from components.sandbox.pool import PooledSandbox

CLOSE_TIMEOUT_S = 20.0
OURS = frozenset({Status.INFRASTRUCTURE_ERROR, Status.KILLED})
"""How a job ends through no doing of its author: `killed` is a worker that was shut down."""

log = structlog.get_logger(__name__)


class DaskExecutor:
    """Implements `ports.Executor`.

    The wall of this machine is raised too, without guests: its id is part of what a verdict
    belongs to, before any worker is there, and a worker with another one is refused.

    Args:
        spec: this machine's wall and data; workers have their own, with the same contents.
        address: the scheduler's, tcp://HOST:PORT or tls://HOST:PORT.

    Raises:
        ConfigError: it is no such address.
    """

    def __init__(self, spec: WorkerSpec, address: str) -> None:
        self._address = checked_address(address)
        self._wall_spec = replace(spec.sandbox, warm=0)
        self._data = FolderData(spec.data)
        self._warden: PooledSandbox | None = None
        self._problem = ""
        self._look()
        self._open: set[JobFuture] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._link = Link(self._address)
        self._thread = threading.Thread(target=self._loop.run_forever, name="dask", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._link.client(), self._loop)

    def submit(self, job: Job) -> Future[ExecutionResult]:
        """See `ports.Executor`. Raises TransientError after `close`."""
        if self._closing.is_set():
            raise TransientError("the executor is shut down")
        work = asyncio.run_coroutine_threadsafe(self._run(job), self._loop)

        def stop() -> None:
            work.cancel()

        future = JobFuture(stop)
        future.set_running_or_notify_cancel()
        with self._lock:
            self._open.add(future)
        work.add_done_callback(partial(self._settle, future))
        return future

    def describe(self) -> dict[str, object]:
        """See `ports.Executor`; `available` needs this machine's wall and at least one worker."""
        if self._warden is None and not self._closing.is_set():
            self._look()
        warden, workers = self._warden, self._link.workers()
        waits = "" if workers else f"no `algoops worker` at {self._address}: jobs wait"
        with self._lock:
            queued = len(self._open)
        return {
            "available": warden is not None and workers > 0,
            "detail": self._problem or self._link.problem or waits,
            "backend": warden.backend if warden else "",
            "image": warden.image if warden else "",
            "unlimited": list(warden.unlimited) if warden else [],
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
        if self._warden is not None:
            self._warden.close()

    def _look(self) -> None:
        try:
            self._warden = open_sandbox(self._wall_spec)
        except AlgoOpsError as error:
            self._problem = str(error)
            return
        self._problem = ""

    def _settle(self, future: JobFuture, work: "Future[ExecutionResult]") -> None:
        with self._lock:
            self._open.discard(future)
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

    async def _run(self, job: Job) -> ExecutionResult:
        if self._warden is None:
            return broken(self._problem)
        order = Order(job, self._warden.image)
        result = broken("it was not run")
        for _attempt in range(ATTEMPTS):
            try:
                result = await self._once(order)
            except KilledWorker as error:  # dask has tried it again already
                return broken(f"its worker process ended under it, again and again: {error}")
            if result.status not in OURS:
                return await asyncio.to_thread(self._of_our_data, job, result)
        return broken(result.message or "its worker was shut down under it")

    async def _once(self, order: Order) -> ExecutionResult:
        """Run it on the cluster that there is; when that is lost, on the next one."""
        while True:
            client = await self._link.client()
            try:
                return await _run_on(client, order)
            except (FutureCancelledError, OSError, TimeoutError) as error:
                log.warning("job-submitted-again", label=order.job.label, reason=str(error))

    def _of_our_data(self, job: Job, result: ExecutionResult) -> ExecutionResult:
        """The result, unless the worker read other bars than this machine has."""
        theirs = result.provenance.data_hash
        if isinstance(job, ScriptJob) or not theirs:
            return result
        ours = self._data.data_hash(job.symbol, job.interval, job.start, job.end)
        if ours == theirs:
            return result
        return broken(f"the worker's data of {job.symbol} {job.interval} are not the daemon's")

    async def _wind_up(self) -> None:
        """Let the jobs' coroutines, and dask's own, end before the loop does."""
        await self._link.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


async def _run_on(client: Client, order: Order) -> ExecutionResult:
    """One job on this client's cluster. Left early, the scheduler is told to let go of it."""
    handle = client.submit(
        run_order, order, key=f"algoops-{uuid4().hex}", pure=False, resources={SLOT: 1}
    )
    try:
        result: ExecutionResult = await handle
    finally:
        handle.release()
    return result
