"""Bounds on what a client may send and where it may ask: body size, body time, Host, paths.

Pure ASGI, before anything else sees the request.
"""

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.server.errors import ApiError, answer_of, problem
from bot.server.reach import is_loopback

MAX_BODY = 1 << 20
MAX_WEBHOOK = 25 << 20
BODY_SECONDS = 20.0
MAX_DISCARDED = 16 << 20
"""Bytes of a refused body that are read, so that its client sees the answer and no lost line."""

WEBHOOKS_AT_ONCE = 8
_START = {"type": "http.response.start"}
_BODY = {"type": "http.response.body"}
SLASHED = "/api/production/"
WEBHOOKS = "/webhooks/"

CSP = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    b"frame-ancestors 'none'"
)
SECURITY_HEADERS = (
    (b"content-security-policy", CSP),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


class SecurityHeaders:
    """Adds the security headers that an answer does not set; API answers are not to be cached."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.get("headers", [])
                named = {name for name, _ in own}
                headers = [*own, *(pair for pair in SECURITY_HEADERS if pair[0] not in named)]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_headers)


class HostCheck:
    """Refuses other Host names, so that no web page can reach a loopback bot by DNS rebinding."""

    def __init__(self, app: ASGIApp, allowed: frozenset[str] | None) -> None:
        """Take the names that are allowed beside loopback ones; None allows all."""
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and not self._known(_header(scope, b"host")):
            error = problem(
                421,
                "wrong_host",
                "this bot does not answer to that Host name",
                hint="use localhost, or set server.public_url to the address people use",
            )
            await _answer(error, scope, _Incoming(receive), send)
            return
        await self.app(scope, receive, send)

    def _known(self, header: str) -> bool:
        name, _, port = header.rpartition(":")
        host = (name if name and port.isdigit() else header).lower()
        return self.allowed is None or is_loopback(host) or host in self.allowed


class Slashes:
    """Lets every path work with and without its trailing slash."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            path = scope["path"]
            bare = path.removesuffix("/") or "/"
            wanted = f"{bare}/" if path.startswith(SLASHED) else bare
            scope["path"], scope["raw_path"] = wanted, wanted.encode()
        await self.app(scope, receive, send)


class _Incoming:
    """A request's body, part by part; `ended`: no more comes, `gone`: nor is anybody there."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = self.gone = False

    async def part(self) -> bytes:
        """What comes next."""
        message = await self._receive()
        self.gone = message["type"] == "http.disconnect"
        self.ended = self.gone or not message.get("more_body", False)
        return bytes(message.get("body", b""))


class BodyGuard:
    """Takes a whole body, within a size and a time, before the application sees any of it."""

    def __init__(self, app: ASGIApp, *, large_webhooks: bool, seconds: float) -> None:
        self.app = app
        self.large_webhooks = large_webhooks
        self.seconds = seconds
        self.large = asyncio.Semaphore(WEBHOOKS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif self.large_webhooks and scope["path"].startswith(WEBHOOKS):
            async with self.large:
                await self._serve(MAX_WEBHOOK, scope, receive, send)
        else:
            await self._serve(MAX_BODY, scope, receive, send)

    async def _serve(self, cap: int, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = _Incoming(receive)
        try:
            body = await self._read(cap, scope, incoming)
        except ApiError as error:
            await _answer(error, scope, incoming, send)
            return
        if body is not None:
            await self.app(scope, _replay(body, receive), send)

    async def _read(self, cap: int, scope: Scope, incoming: _Incoming) -> bytes | None:
        """The body; None when the client went away."""
        if _declared(scope) > cap:
            raise _too_large(cap)
        try:
            async with asyncio.timeout(self.seconds):
                return await _collect(cap, incoming)
        except TimeoutError:
            incoming.ended = True  # whoever is so slow is not waited for once more
            raise problem(
                408, "body_too_slow", f"the body did not arrive within {self.seconds:g} seconds"
            ) from None


async def _collect(cap: int, incoming: _Incoming) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while not incoming.ended:
        part = await incoming.part()
        size += len(part)
        if size > cap:
            raise _too_large(cap)
        parts.append(part)
    return None if incoming.gone else b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _too_large(cap: int) -> ApiError:
    return problem(413, "body_too_large", f"the body is larger than {cap} bytes")


def _declared(scope: Scope) -> int:
    """The bytes that a body has by its header; 0 where it does not say."""
    declared = _header(scope, b"content-length")
    return int(declared[:20]) if declared.isdecimal() else 0


def _header(scope: Scope, wanted: bytes) -> str:
    for name, value in scope["headers"]:
        if name == wanted:
            return str(value.decode("latin-1"))
    return ""


async def _answer(error: ApiError, scope: Scope, incoming: _Incoming, send: Send) -> None:
    """Answer a request whose body was not read: its connection can't be used again.

    The answer goes first; then the rest is read and thrown away, within a size and a time.
    """
    response = answer_of(error, scope["path"], {"connection": "close"})
    await send({**_START, "status": response.status_code, "headers": response.raw_headers})
    await send({**_BODY, "body": response.body, "more_body": True})
    with suppress(TimeoutError):  # why: who sends for so long has had the answer
        async with asyncio.timeout(BODY_SECONDS):
            left = MAX_DISCARDED if _declared(scope) <= MAX_DISCARDED else 0
            while left > 0 and not incoming.ended:
                left -= len(await incoming.part())
    await send({**_BODY, "body": b"", "more_body": False})
