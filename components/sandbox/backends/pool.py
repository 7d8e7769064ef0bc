"""Keeps started guests ahead of their jobs, and gives one to each; for every sandbox backend."""

import hashlib
import os
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from components.errors import TransientError
from components.ports import GuestJob
from components.sandbox.backends.instance import Instance
from components.sandbox.session.job import NeverBegan, Session
from components.schema.results.values import Limits

START_TIMEOUT_S = 60.0
HEAD_START_S = 0.4
"""What a job is given at most, before its successor's guest is started beside it."""

PATIENCE_S = 2 * START_TIMEOUT_S
"""How long a job waits for a guest: others may be started before its own."""

MAX_AGE_S = 3600.0
"""A guest that waited longer is replaced: its deadline label must stay true."""

TAKES = 3
"""Guests that are tried for one job when they turn out to be dead already."""

MOST_USED = 4
"""Guests that are kept for the next job of the same files."""

WALL_FIELDS = ("memory_mb", "cpus", "pids", "tmpfs_mb")
"""Limits that a sandbox backend fixes when it starts a guest; the others are each job's own."""


class PooledSandbox(ABC):
    """Base of every sandbox backend: `ports.Sandbox` with a warm pool.

    All guests are started by the pool's own threads, which live as long as the pool: a backend may
    tie a guest's life to the thread that started it.

    Args:
        limits: the policy's limits; warm guests are made with these.
        warm: how many guests wait at any time.
        share: a guest whose job ended in order takes further jobs of exactly the same files (one
            trust domain); every job is a process of its own all the same.
    """

    backend: str
    image: str
    unlimited: tuple[str, ...] = ()
    """Limits that this sandbox backend cannot enforce on this machine."""

    def __init__(self, limits: Limits, warm: int, *, share: bool = False) -> None:
        self._limits, self._size, self._share = limits, warm, share
        self._used: OrderedDict[Instance, tuple[str, float]] = OrderedDict()
        self._closing = threading.Event()
        self._free = threading.Event()  # cleared while a job that took a warm guest runs alone
        self._free.set()
        self._lock = threading.Lock()
        self._waiting: deque[Future[Instance]] = deque()
        self._starters = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="guest-start")
        self._enders = ThreadPoolExecutor(1, thread_name_prefix="guest-end")

    @abstractmethod
    def start(self, limits: Limits) -> Instance:
        """Start one guest and wait until it is ready. Raises TransientError."""

    @abstractmethod
    def ping(self) -> str:
        """See `ports.Sandbox`. Raises TransientError."""

    @abstractmethod
    def reap(self) -> int:
        """See `ports.Sandbox`."""

    def prune(self) -> int:
        """Remove what this sandbox backend has built for other contents than today's; how many."""
        return 0

    def open(self, job: GuestJob) -> Session:
        """See `ports.Sandbox`. Raises TransientError."""
        for _attempt in range(TAKES):
            key = _content_key(job) if self._share and not job.apart else ""
            instance = (self._used_before(key) if key else None) or self._take(job.limits)
            try:
                return Session(instance, job, partial(self._give_back, key))
            except NeverBegan:
                self._bury(instance)
            except (OSError, RuntimeError) as error:  # no descriptor, or no thread, is to be had
                self._bury(instance)
                raise TransientError(f"no sandbox: a guest could not be used: {error}") from error
            except BaseException:
                self._bury(instance)
                raise
        raise TransientError("no sandbox: no guest took the job")

    def fill(self) -> None:
        """Start what is missing in the background; a backend calls it once it is ready."""
        with self._lock:
            while not self._closing.is_set() and len(self._waiting) < self._size:
                self._waiting.append(self._starters.submit(self._start_ahead))

    def begin_one(self) -> None:
        """Start a guest for the next job in the background; no other is started after it."""
        with self._lock:
            self._waiting.append(self._starters.submit(self.start, self._limits))

    def warm(self) -> int:
        """How many guests wait, ready."""
        with self._lock:
            return sum(1 for f in self._waiting if f.done() and f.exception() is None)

    def release(self, unused_s: float = 0.0) -> None:
        """End the guests that are kept for further jobs, and had none for so many seconds."""
        with self._lock:
            until = time.monotonic() - unused_s
            unused = [one for one, (_key, since) in self._used.items() if since <= until]
            for instance in unused:
                del self._used[instance]
        for instance in unused:
            self._bury(instance)

    def close(self) -> None:
        """See `ports.Sandbox`."""
        with self._lock:
            self._closing.set()
            self._free.set()
            waiting = list(self._waiting)
            self._waiting.clear()
            used = list(self._used)
            self._used.clear()
        for instance in used:
            self._enders.submit(instance.destroy)
        for future in waiting:
            if not future.cancel() and future.exception() is None:
                self._enders.submit(future.result().destroy)
        self._enders.shutdown(wait=True)
        self._starters.shutdown(wait=True)

    def _start_ahead(self) -> Instance:
        """A warm guest; the job that made it necessary has the processor first."""
        self._free.wait(HEAD_START_S)
        return self.start(self._limits)

    def _take(self, limits: Limits) -> Instance:
        if self._closing.is_set():
            raise TransientError("no sandbox: it is shut down")
        if any(getattr(limits, f) != getattr(self._limits, f) for f in WALL_FIELDS):
            return self._start_now(limits)
        for _attempt in range(max(self._size, len(self._waiting))):
            instance = self._warm_instance()
            if instance is not None:
                return instance
        return self._start_now(limits)

    def _start_now(self, limits: Limits) -> Instance:
        future = self._starters.submit(self.start, limits)
        try:
            return future.result(PATIENCE_S)
        except TimeoutError as error:
            future.add_done_callback(self._bury_late)
            raise TransientError("no sandbox: no guest could be started in time") from error

    def _bury_late(self, future: Future[Instance]) -> None:
        if not future.cancelled() and future.exception() is None:
            self._bury(future.result())

    def _warm_instance(self) -> Instance | None:
        """A guest that waited and is well; None when there is none, or it was not."""
        future = self._next_waiting()
        if future is not None and future.done():
            self._free.clear()
        else:
            self._free.set()
        self.fill()
        instance = self._result(future) if future is not None else None
        if instance is None:
            return None
        if instance.healthy() and time.monotonic() - instance.born < MAX_AGE_S:
            return instance
        self._bury(instance)
        return None

    def _result(self, future: Future[Instance]) -> Instance | None:
        """The started guest; None when that start failed, so that a fresh one is tried."""
        try:
            return future.result(PATIENCE_S)
        except TransientError:
            return None
        except TimeoutError:
            future.add_done_callback(self._bury_late)
            return None

    def _next_waiting(self) -> Future[Instance] | None:
        with self._lock:
            ready = next((f for f in self._waiting if f.done()), None)
            future = ready or (self._waiting[0] if self._waiting else None)
            if future is not None:
                self._waiting.remove(future)
            return future

    def _used_before(self, key: str) -> Instance | None:
        with self._lock:
            instance = next((m for m, (k, _since) in self._used.items() if k == key), None)
            if instance is None:
                return None
            del self._used[instance]
        if instance.healthy():
            instance.handle.forget_peak()
            return instance
        self._bury(instance)
        return None

    def _give_back(self, key: str, instance: Instance, again: bool) -> None:  # noqa: FBT001  # a callback
        """Let a guest wait for the next job of the same files; the longest unused one goes."""
        self._free.set()
        if not (key and again):
            self._bury(instance)
            return
        with self._lock:
            self._used[instance] = key, time.monotonic()
            surplus = len(self._used) > MOST_USED or self._closing.is_set()
            oldest = self._used.popitem(last=False)[0] if surplus else None
        if oldest is not None:
            self._bury(oldest)

    def _bury(self, instance: Instance) -> None:
        with self._lock:
            if not self._closing.is_set():
                self._enders.submit(instance.destroy)
                return
        instance.destroy()


def _content_key(job: GuestJob) -> str:
    digest = hashlib.sha256(repr([getattr(job.limits, f) for f in WALL_FIELDS]).encode())
    for name, content in sorted(job.files.items()):
        digest.update(f"{len(name)}:{name}:{len(content)}:".encode() + content)
    return digest.hexdigest()
