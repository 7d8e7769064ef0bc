"""The one place where every answer of an MCP server is held to its bound, whatever was asked."""

from collections.abc import Callable
from typing import Any, Self

from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp.types import ErrorData, JSONRPCError

from bot.agents.size import bounded


async def within_bounds(ctx: Any, call_next: Callable[[Any], Any]) -> Any:
    """Whatever answers, also the SDK itself: all its texts together fit into `ROOM`."""
    try:
        result = await call_next(ctx)
    except MCPError as error:
        told = bounded(error.error.model_dump(mode="json", exclude_none=True))
        raise MCPError(told["code"], told["message"], told.get("data")) from error
    dumped = getattr(result, "model_dump", None)  # a dictionary of the SDK's, or a model of ours
    return bounded(dumped(by_alias=True, mode="json", exclude_none=True) if dumped else result)


async def serve_stdio(server: Server[Any]) -> None:
    """Serve over standard input and output until the client is gone."""
    async with stdio_server() as (asked, answered):
        await serve(server, asked, answered)


async def serve(server: Server[Any], asked: Any, answered: Any) -> None:
    """Serve over a pair of the SDK's streams until the client is gone."""
    options = server.create_initialization_options()
    await server.run(asked, BoundedErrors(answered), options)


class BoundedErrors:
    """A stream to the client. The SDK refuses some requests before `within_bounds` sees them."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def send(self, item: SessionMessage, /) -> None:
        """Pass a message on, an error at most as long as an answer."""
        if isinstance(item.message, JSONRPCError):
            told = item.message.error.model_dump(mode="json", exclude_none=True)
            item.message.error = ErrorData.model_validate(bounded(told))
        await self._stream.send(item)

    async def aclose(self) -> None:
        """Nothing more is sent."""
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()
