"""Run the application with uvicorn in a thread of the daemon, bounded against slow clients."""

import asyncio
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.config.settings import Settings
from bot.server.reach import listen, refuse_open_door
from components.errors import TransientError

HEADER_SECONDS = 10.0
STALLED_SECONDS = 30.0
MAX_CONNECTIONS = 256
MAX_WAITING = 100
"""Connections that wait for their client at once; with those that are answered, fewer than
MAX_CONNECTIONS, and far fewer than the 1,024 descriptors that a process usually has."""

MAX_HEADERS = 32 * 1024
BACKLOG = 128
SWITCH_SECONDS = 0.001


class _Timer:
    """At most one pending call; arming it twice keeps the first."""

    def __init__(self) -> None:
        self._handle: asyncio.TimerHandle | None = None

    def arm(
        self, loop: asyncio.AbstractEventLoop, seconds: float, call: Callable[[], None]
    ) -> None:
        if self._handle is None:
            self._handle = loop.call_later(seconds, call)

    def disarm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


class Waiting:
    """The connections whose client has to send something next, the longest waiting one first.

    A new one in excess of MAX_WAITING ends the first: who opens a thousand connections and says
    nothing loses them, and nobody else is kept out.
    """

    def __init__(self) -> None:
        self._clients: dict[PatientProtocol, None] = {}

    def add(self, client: "PatientProtocol") -> None:
        """A client has to send something; it keeps its place where it had to already."""
        self._clients.setdefault(client)
        if len(self._clients) > MAX_WAITING:
            first = next(iter(self._clients))
            self.remove(first)
            first.transport.abort()

    def remove(self, client: "PatientProtocol") -> None:
        """Its request is complete, or it is gone."""
        self._clients.pop(client, None)


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with bounds that it lacks.

    A request's head must be complete within HEADER_SECONDS of its first byte (or of the
    connection), a client that stops reading its answer is cut off after STALLED_SECONDS, and
    MAX_WAITING connections may wait for their client at once.
    """

    def __init__(self, waiting: Waiting, **uvicorns: Any) -> None:
        """As uvicorn makes it, and with the list of all that wait."""
        super().__init__(**uvicorns)
        self._waiting = waiting

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """A client connected."""
        super().connection_made(transport)
        self._head_timer, self._stall_timer = _Timer(), _Timer()
        self._expect_head()
        self._note_who_is_next()

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._expect_head()
        else:
            self._head_timer.disarm()
        self._note_who_is_next()

    def on_response_complete(self) -> None:
        """An answer was sent; the connection may be used again."""
        super().on_response_complete()
        self._note_who_is_next()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went away."""
        self._head_timer.disarm()
        self._stall_timer.disarm()
        self._waiting.remove(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not read as fast as we write."""
        super().pause_writing()
        self._stall_timer.arm(self.loop, STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It reads again."""
        self._stall_timer.disarm()
        super().resume_writing()

    def _note_who_is_next(self) -> None:
        theirs = self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        if theirs and not self.transport.is_closing():
            self._waiting.add(self)
        else:
            self._waiting.remove(self)

    def _expect_head(self) -> None:
        self._head_timer.arm(self.loop, HEADER_SECONDS, self._late)

    def _late(self) -> None:
        if self.conn.their_state is h11.IDLE:
            self.transport.abort()


class HttpServer:
    """The bot's HTTP server: `start()`, then `port` is known, then `stop()`."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        """Bind at once, so that a taken port or an open door is an error at start.

        Raises:
            ConfigError: the address can't be used, or would be open to others without a token.
        """
        refuse_open_door(settings)
        self._app = app
        self._socket = listen(settings.server.host, settings.server.port)
        self.host = settings.server.host
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(_config(app))
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def start(self) -> None:
        """Serve from a thread of its own; returns once requests are answered.

        The interpreter is told to change threads every SWITCH_SECONDS: beside runner threads that
        compute, the default of 5 ms adds up over the few changes that an answer takes.

        Raises:
            TransientError: it ended at once; its log says why.
        """
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.01)
        if not self._server.started:
            raise TransientError("server: it ended before it could answer", hint="see the log")

    def stop(self) -> None:
        """Answer what is under way (2 s), then end. Idempotent."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._app.state.parts.hub.end_soon()
            self._thread.join(10)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", partial(PatientProtocol, Waiting())),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        backlog=BACKLOG,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=MAX_HEADERS,
    )
