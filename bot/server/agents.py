"""`/mcp`: the tools for agents over streamable HTTP, for tokens with the role author.

Each request stands alone (no session is kept), so nothing is left of a client that vanishes.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.agents.door import TOOLS_PATH, Door
from bot.server.auth import author
from bot.server.backend import Backend
from bot.server.errors import problem
from bot.server.guard import MAX_BODY
from bot.server.render import project_version

AUTHOR = "algoops.author"
LONGEST_HEADER = 1_000


class AgentTools:
    """The endpoint as an ASGI application; `running` has to be entered while it serves."""

    def __init__(self, backend: Backend) -> None:
        tokens = backend.settings.server.tokens
        self._doors = {
            t.name: backend.door(t.name, t.repository) for t in tokens if t.role == "author"
        }
        self._manager = _manager(self._door)

    @property
    def route(self) -> Route:
        """Where it is."""
        return Route(TOOLS_PATH, endpoint=self)

    def _door(self, ctx: Any) -> Door:
        return self._doors[ctx.request_context.request.scope[AUTHOR]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises ApiError 401, 403, or 405: there is no stream without one."""
        scope[AUTHOR] = author(Request(scope))
        for name, value in scope["headers"]:  # the SDK's refusals repeat some of them
            if name.startswith(b"mcp-") and len(value) > LONGEST_HEADER:
                raise problem(400, "header_too_long", f"{name.decode('latin-1')[:50]} is too long")
        if scope["method"] != "POST":
            raise problem(405, "method_not_allowed", "send a POST", headers={"Allow": "POST"})
        await self._manager.handle_request(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve while the block runs; requests that are under way at its end are cancelled."""
        async with self._manager.run():
            yield


def _manager(door_of: Callable[[Any], Door]) -> Any:
    from bot.agents.tools import build, over_http  # noqa: PLC0415  # few have such tokens

    return over_http(build(door_of, project_version(), files=True), MAX_BODY)
