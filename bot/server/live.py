"""Server-sent events: one subscription to the bot, fanned out to the pages that watch."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import assert_never

from bot.core.notices import (
    Answered,
    BacktestChanged,
    CheckEnded,
    OrdersChanged,
    Progress,
    RunChanged,
    RunSpoke,
    StrategyChanged,
)
from bot.server.backend import Backend
from bot.server.errors import problem

MAX_WATCHERS = 100
MAX_WAITING = 64
HEARTBEAT_S = 15.0
MAX_STREAM_S = 600.0
RECONNECT_MS = 2_000


def topics_of(progress: Progress) -> frozenset[str]:
    """What may be watched that this concerns; "all" concerns everything."""
    match progress:
        case CheckEnded() | RunChanged():
            return frozenset({"all", f"run:{progress.run_id}"})
        case RunSpoke():
            return frozenset({f"run:{progress.run_id}"})
        case StrategyChanged():
            return frozenset({"all", f"strategy:{progress.strategy}"})
        case OrdersChanged():
            return frozenset({"all", "orders", f"strategy:{progress.strategy}"})
        case BacktestChanged():
            return frozenset({f"backtest:{progress.backtest_id}"})
        case Answered():
            return frozenset()
    assert_never(progress)


@dataclass(eq=False)
class Watcher:
    """One open stream. A slow reader loses repeats, never the fact that something changed."""

    topic: str
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))

    def offer(self, text: str) -> None:
        """Queue an event; one too many is dropped, as those before it say the same: look again."""
        if not self.queue.full():
            self.queue.put_nowait(text)


class Hub:
    """Takes Progress from any thread and hands it to the watchers on the event loop."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = asyncio.Event()

    def open(self, backend: Backend) -> None:
        """Subscribe; called on the event loop once it runs."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = backend.subscribe(self.publish)

    def close(self) -> None:
        """End all streams and the subscription; called on the event loop."""
        self._closed.set()
        self._unsubscribe()

    def end_soon(self) -> None:
        """End all streams, from any thread: a server that stops waits for none of them."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._closed.set)

    def publish(self, progress: Progress) -> None:
        """Tell the watchers; from any thread, never blocks."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._deliver, progress)

    def _deliver(self, progress: Progress) -> None:
        topics = topics_of(progress)
        text = json.dumps({"kind": type(progress).__name__, "topics": sorted(topics)})
        for watcher in tuple(self._watchers):
            if watcher.topic in topics:
                watcher.offer(text)

    def watch(self, topic: str) -> AsyncIterator[str]:
        """A stream of SSE frames for one topic; ends after MAX_STREAM_S (browsers reconnect).

        Raises:
            ApiError: 503 when too many watch already.
        """
        self._refuse_crowd()
        return self._frames(topic)

    def _refuse_crowd(self) -> None:
        if len(self._watchers) >= MAX_WATCHERS:
            raise problem(
                503, "busy", "too many event streams are open", headers={"Retry-After": "10"}
            )

    @contextmanager
    def watching(self, topic: str) -> Iterator[Watcher]:
        """A watcher of one topic, for as long as the block runs. Raises ApiError 503."""
        self._refuse_crowd()
        watcher = Watcher(topic)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def changed(self, watcher: Watcher, seconds: float) -> bool:
        """Wait for a change, or so many seconds; False when the server stops."""
        await self._next(watcher, seconds)
        return not self._closed.is_set()

    async def _frames(self, topic: str) -> AsyncIterator[str]:
        deadline = asyncio.get_running_loop().time() + MAX_STREAM_S
        with self.watching(topic) as watcher:
            yield f"retry: {RECONNECT_MS}\n\n"
            while not self._closed.is_set() and asyncio.get_running_loop().time() < deadline:
                text = await self._next(watcher, HEARTBEAT_S)
                yield f"event: changed\ndata: {text}\n\n" if text else ": still here\n\n"

    async def _next(self, watcher: Watcher, seconds: float) -> str:
        """The next event, or "" after so many seconds or when the server stops."""
        getting = asyncio.ensure_future(watcher.queue.get())
        closing = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait(
                {getting, closing}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            return getting.result() if getting.done() else ""
        finally:
            getting.cancel()
            closing.cancel()
