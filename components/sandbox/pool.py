"""Keeps started guests ahead of their jobs, and gives one to each: the same for every wall."""

import os
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

from components.errors import TransientError
from components.ports import GuestJob
from components.sandbox.member import Member
from components.sandbox.session import Session
from components.schema.values import Limits

START_TIMEOUT_S = 60.0
MAX_AGE_S = 3600.0
"""A guest that waited longer is replaced: its deadline label must stay true."""

WALL_FIELDS = ("memory_mb", "cpus", "pids", "tmpfs_mb")
"""Limits that a wall fixes when it starts a guest; the others are each job's own."""


class PooledSandbox(ABC):
    """Base of every wall: `ports.Sandbox` with a warm pool.

    All guests are started by the pool's own threads, which live as long as the pool: a wall may
    tie a guest's life to the thread that started it.

    Args:
        limits: the policy's limits; warm guests are made with these.
        warm: how many guests wait at any time.
    """

    backend: str
    image: str

    def __init__(self, limits: Limits, warm: int) -> None:
        self._limits, self._size = limits, warm
        self._closed = False
        self._lock = threading.Lock()
        self._waiting: deque[Future[Member]] = deque()
        self._starters = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="guest-start")
        self._undertaker = ThreadPoolExecutor(1, thread_name_prefix="guest-end")

    @abstractmethod
    def start(self, limits: Limits) -> Member:
        """Start one guest and wait until it is ready. Raises TransientError."""

    @abstractmethod
    def ping(self) -> str:
        """See `ports.Sandbox`. Raises TransientError."""

    @abstractmethod
    def reap(self) -> int:
        """See `ports.Sandbox`."""

    def open(self, job: GuestJob) -> Session:
        """See `ports.Sandbox`. Raises TransientError."""
        return Session(self._take(job.limits), job, self._give_back)

    def fill(self) -> None:
        """Start what is missing in the background; a wall calls it when it is ready to."""
        with self._lock:
            while not self._closed and len(self._waiting) < self._size:
                self._waiting.append(self._starters.submit(self.start, self._limits))

    def warm(self) -> int:
        """How many guests wait, ready."""
        with self._lock:
            return sum(1 for f in self._waiting if f.done() and f.exception() is None)

    def close(self) -> None:
        """See `ports.Sandbox`."""
        with self._lock:
            self._closed = True
            waiting = list(self._waiting)
            self._waiting.clear()
        for future in waiting:
            if not future.cancel() and future.exception() is None:
                self._undertaker.submit(future.result().destroy)
        self._undertaker.shutdown(wait=True)
        self._starters.shutdown(wait=True)

    def _take(self, limits: Limits) -> Member:
        if self._closed:
            raise TransientError("no sandbox: it is shut down")
        if any(getattr(limits, f) != getattr(self._limits, f) for f in WALL_FIELDS):
            return self._starters.submit(self.start, limits).result(START_TIMEOUT_S)
        for _attempt in range(self._size):
            member = self._warm_member()
            if member is not None:
                return member
        return self._starters.submit(self.start, limits).result(START_TIMEOUT_S)

    def _warm_member(self) -> Member | None:
        """A guest that waited and is well; None when there is none, or it was not."""
        future = self._next_waiting()
        self.fill()
        member = _result(future) if future is not None else None
        if member is None:
            return None
        if member.healthy() and time.monotonic() - member.born < MAX_AGE_S:
            return member
        self._bury(member)
        return None

    def _next_waiting(self) -> Future[Member] | None:
        with self._lock:
            ready = next((f for f in self._waiting if f.done()), None)
            future = ready or (self._waiting[0] if self._waiting else None)
            if future is not None:
                self._waiting.remove(future)
            return future

    def _give_back(self, member: Member, reusable: bool) -> None:  # noqa: ARG002, FBT001  # a wall's choice
        self._bury(member)

    def _bury(self, member: Member) -> None:
        with self._lock:
            if not self._closed:
                self._undertaker.submit(member.destroy)
                return
        member.destroy()


def _result(future: Future[Member]) -> Member | None:
    """The started guest; None when that start failed, so that a fresh one is tried."""
    try:
        return future.result(START_TIMEOUT_S)
    except TransientError:
        return None
