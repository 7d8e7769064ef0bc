"""A dask worker: its process has a sandbox and the market data, one machine's share of a cluster.

The scheduler's word is all there is between it and the daemon: a job that the scheduler lets go of
(cancelled, its daemon gone, given to another worker) has its guest killed.
"""

import asyncio
import pickle
import re
import tempfile
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dask
import structlog
from distributed import Worker, get_worker
from distributed.diagnostics.plugin import WorkerPlugin
from distributed.diskutils import WorkSpace
from distributed.utils import sync

from components.errors import ConfigError, TransientError
from components.executor.broken import broken
from components.executor.run import run_job
from components.executor.sent import Fetch, KeptFiles, Lacking, Wanted
from components.executor.voice import Voice, overhear_logs, speaking
from components.executor.worker import Killable
from components.ports import Hear, Job, OutputLine
from components.sandbox.backends.select import SandboxSpec, open_sandbox
from components.schema.results.values import ExecutionResult

PLUGIN = "algoops-house"
SLOT = "algoops-slot"
"""The resource that a job takes one of; only `algoops worker` offers it."""

WORDS = "algoops-words"
"""The topic of what running jobs say: [key, source, text, worker]. The scheduler keeps the last
1,000 of them (dask's low-level-log-length) and passes on; nobody waits for any."""

FOLDER = "algoops-bars"
"""In the folder for temporary files: the bars that this machine's workers were sent."""

FETCH_S = 600.0
PRESSED = 1
"""zlib's quickest: two milliseconds for twenty years of days, and as small as its best."""

QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "5s",
}
"""What dask measures of its own processes, which nobody reads, takes CPU time all day."""

REAP_EVERY_S = 30.0
AGAIN_AFTER_S = 1.0
CLOSE_TIMEOUT_S = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Order:
    """A job, and the id of what must run inside the sandbox: the daemon's verdict names it.

    Attributes:
        listen: somebody wants to hear what it says while it runs.
        wanted: the files of its bars; their contents are on the scheduler's shelf.
    """

    job: Job
    image: str
    listen: bool = False
    wanted: Wanted = field(default_factory=dict)


class House(WorkerPlugin):
    """What a worker's process holds for all its jobs, over all its connections to schedulers.

    Args:
        spec: the sandbox backend.

    Raises:
        TransientError: there is no sandbox on this machine.
    """

    name = PLUGIN

    def __init__(self, spec: SandboxSpec) -> None:
        self.sandbox = open_sandbox(spec)
        # dask's way to have a folder that the next worker removes where this one is killed
        self._folder = WorkSpace(str(Path(tempfile.gettempdir()) / FOLDER)).new_work_dir()
        self._kept = KeptFiles(Path(self._folder.dir_path))
        self._running: dict[str, Killable] = {}
        self._lock = threading.Lock()

    def run(
        self, key: str, order: Order, hear: Hear | None, fetch: Fetch
    ) -> ExecutionResult | Lacking:
        """Run a job under its key; a sandbox with other contents than the daemon's is not used."""
        if order.image != self.sandbox.image:
            return broken(
                f"this worker's sandbox is {self.sandbox.image}, the daemon's is {order.image}: "
                "use the same backend and install the same versions on both"
            )
        sandbox = Killable(self.sandbox, hear)
        with self._lock:
            self._running[key] = sandbox
        try:
            if not _still_wanted(key):
                sandbox.cancel()
            with speaking(hear), self._kept.opened(order.wanted, fetch) as data:
                return run_job(order.job, sandbox, data)
        except Lacking as lacking:
            return lacking
        except OSError as error:
            return broken(f"this worker can't keep or fetch the bars: {error}")
        finally:
            with self._lock:
                self._running.pop(key, None)

    def close(self) -> None:
        """End all guests, and remove the bars."""
        self.sandbox.close()
        self._folder.release()

    def transition(self, key: Any, start: str, finish: str, **_more: Any) -> None:
        """Dask's hook. The scheduler has let go of a running job: nobody wants its result."""
        if start in {"executing", "long-running"} and finish == "released":
            with self._lock:
                sandbox = self._running.get(str(key))
            if sandbox is not None:
                sandbox.cancel()

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002  # dask's hook
        """Dask's hook. This connection has ended: what still runs, runs again elsewhere."""
        with self._lock:
            sandboxes = list(self._running.values())
        for sandbox in sandboxes:
            sandbox.cancel()


def run_order(order: Order) -> bytes:
    """What dask calls on a worker: its answer, pickled and made small. Never raises.

    It goes over two lines, and the scheduler need not take it apart in between.
    """
    return zlib.compress(pickle.dumps(_answered(order)), PRESSED)


def answer_in(packed: bytes) -> ExecutionResult | Lacking:
    """What `run_order` packed: the result, or which bars the worker could not get."""
    answer: ExecutionResult | Lacking = pickle.loads(zlib.decompress(packed))  # noqa: S301  # dask too unpickles what workers send
    return answer


def _answered(order: Order) -> ExecutionResult | Lacking:
    worker = get_worker()
    house = worker.plugins.get(PLUGIN)
    if not isinstance(house, House):
        return broken(f"{worker.address} is no `algoops worker`")
    key = str(worker.get_current_task())

    def say(said: OutputLine) -> None:
        worker.log_event(WORDS, [key, said.source, said.text, worker.address])

    def fetch(digests: Sequence[str]) -> dict[str, bytes]:
        asked = worker.scheduler.algoops_fetch
        return dict(sync(worker.loop, asked, digests=digests, callback_timeout=FETCH_S))

    return house.run(key, order, Voice(say).say if order.listen else None, fetch)


def checked_address(address: str) -> str:
    """The address of a scheduler as it is. Raises ConfigError when it is none."""
    if not re.fullmatch(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}", address):
        raise ConfigError(
            f"{address!r} is no scheduler's address", hint="write it as tcp://HOST:8786"
        )
    return address


@dataclass(frozen=True)
class Post:
    """Where a worker serves.

    Attributes:
        scheduler: its address, tcp://HOST:PORT or tls://HOST:PORT.
        slots: how many jobs may run at once.
        name: what the scheduler calls the worker, "" its address.
        patience_s: seconds without a scheduler after which it ends; None: it waits for ever.
    """

    scheduler: str
    slots: int
    name: str = ""
    patience_s: float | None = None


async def serve(house: House, post: Post, leave: asyncio.Event) -> None:
    """Take jobs of a scheduler until `leave` is set; connect again whenever it is lost.

    Args:
        house: the sandbox backend and data.
        post: where, and as whom.
        leave: set it to end in order; jobs that run then are run again elsewhere.

    Raises:
        TransientError: there was no scheduler for as long as the post's patience.
    """
    overhear_logs()
    dask.config.set(QUIET)
    leaving = asyncio.create_task(leave.wait())
    janitor = asyncio.create_task(_reap(house))
    try:
        while not leave.is_set():
            await _serve_once(house, post, leaving)
    finally:
        janitor.cancel()
        leaving.cancel()


async def _serve_once(house: House, post: Post, leaving: "asyncio.Task[bool]") -> None:
    """One connection, from the first knock until it is lost or the worker leaves."""
    worker = Worker(
        post.scheduler,
        nthreads=post.slots,
        name=post.name or None,
        resources={SLOT: post.slots},
        plugins=(house,),
        memory_limit=0,
        dashboard=False,
        death_timeout=post.patience_s,
    )
    life = asyncio.create_task(_live(worker))
    await asyncio.wait({life, leaving}, return_when=asyncio.FIRST_COMPLETED)
    if leaving.done():
        life.cancel()
        await worker.close(timeout=CLOSE_TIMEOUT_S, executor_wait=False)
        return
    error = life.exception()
    if isinstance(error, TimeoutError) and post.patience_s is not None:
        raise TransientError(f"no scheduler at {post.scheduler} for {post.patience_s:g} s")
    log.warning("scheduler-lost", address=post.scheduler, reason=str(error or "closed"))
    await asyncio.wait({leaving}, timeout=AGAIN_AFTER_S)


async def _live(worker: Worker) -> None:
    await worker
    log.info("worker-ready", scheduler=worker.scheduler.address, address=worker.address)
    await worker.finished()


async def _reap(house: House) -> None:
    """Remove what dead owners left behind, and end instances kept for checks that are over."""
    while True:
        house.sandbox.release(REAP_EVERY_S)
        try:
            await asyncio.to_thread(house.sandbox.reap)
        except TransientError as error:
            log.warning("sandboxes-not-reaped", reason=str(error))
        await asyncio.sleep(REAP_EVERY_S)


def _still_wanted(key: str) -> bool:
    """Whether the scheduler has not let go of it before its sandbox was told."""
    task = get_worker().state.tasks.get(key)
    return task is not None and task.state in {"executing", "long-running"}


def shared(spec: SandboxSpec, slots: int) -> SandboxSpec:
    """The same, with no more guests waiting than jobs can run."""
    return replace(spec, warm=min(spec.warm, slots))
