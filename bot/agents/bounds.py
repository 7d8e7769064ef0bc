"""The one place where every answer of an MCP server is held to its bound, whatever was asked."""

from collections.abc import Callable
from typing import Any

from mcp.shared.exceptions import MCPError

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
