"""The tools of a bot elsewhere over standard input and output: each request is passed on."""

from typing import Any
from urllib.parse import urlsplit

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.lowlevel import Server
from mcp.types import (
    INTERNAL_ERROR,
    CallToolRequestParams,
    CallToolResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
)

from bot.agents.bounds import serve_stdio, within_bounds
from bot.agents.door import TOOLS_PATH
from components.errors import TransientError, UserError

CONNECT_S, ANSWER_S = 20.0, 600.0
LOST = 502
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
TOKEN = "ALGOOPS_TOKEN"  # noqa: S105  # the variable's name
Listing = PaginatedRequestParams | None


def endpoint(url: str) -> str:
    """Where the tools are of the bot at an address.

    Raises:
        UserError: it is no address, or the token would go over a network for everybody to read.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UserError(
            f"{url!r} is no address of a bot", hint="such as https://algoops.example.com"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise UserError(
            f"the token would go to {parts.hostname} unencrypted", hint="use an https address"
        )
    return f"{url.rstrip('/').removesuffix(TOOLS_PATH)}{TOOLS_PATH}"


async def forward(url: str, token: str, version: str) -> None:
    """Serve until the client is gone.

    Raises:
        TransientError: the bot does not answer, or does not know the token.
    """
    headers = {"Authorization": f"Bearer {token}"}
    timeout = httpx2.Timeout(ANSWER_S, connect=CONNECT_S)
    async with httpx2.AsyncClient(headers=headers, timeout=timeout, transport=_Told()) as http:
        await _look(http, url)
        async with Client(streamable_http_client(url, http_client=http)) as bot:
            await serve_stdio(_passing_on(bot, version))


class _Told(httpx2.AsyncHTTPTransport):
    """What keeps an answer away, as an answer: the SDK would end everything, or say less."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; 502 with the reason where it can't be sent."""
        try:
            response = await super().handle_async_request(request)
        except httpx2.TransportError as error:
            words = f"the bot does not answer ({type(error).__name__}): try again"
            return _error(LOST, words, request)
        kind = response.headers.get("content-type", "")
        if not response.is_error or kind.startswith("application/json"):
            return response
        await response.aclose()  # of whatever stands before the bot
        words = f"{request.url.host} answers {response.status_code} {response.reason_phrase}"
        return _error(response.status_code, words, request)


def _error(status: int, words: str, request: httpx2.Request) -> httpx2.Response:
    told = {"code": INTERNAL_ERROR, "message": words}
    document = {"jsonrpc": "2.0", "id": None, "error": told}
    return httpx2.Response(status, json=document, request=request)


async def _look(http: httpx2.AsyncClient, url: str) -> None:
    """One request of its own: the SDK does not say which status an answer had."""
    status = (await http.post(url, json={})).status_code
    if status == LOST:
        raise TransientError(f"{url} does not answer", hint="is the bot running, and the address?")
    if status in {401, 403}:
        raise UserError(
            f"{url} does not take the token", hint=f"{TOKEN} has to be one with the role author"
        )
    if status == 404:  # noqa: PLR2004  # not found
        raise UserError(
            f"there are no tools at {url}", hint="the bot needs a token with the role author"
        )


def _passing_on(bot: Client, version: str) -> Server[Any]:
    async def tools(_ctx: Any, _params: Listing) -> ListToolsResult:
        return await bot.list_tools()

    async def call(ctx: Any, params: CallToolRequestParams) -> CallToolResult:
        return await bot.call_tool(
            params.name, params.arguments, progress_callback=ctx.session.report_progress
        )

    async def templates(_ctx: Any, _params: Listing) -> ListResourceTemplatesResult:
        return await bot.list_resource_templates()

    async def read(_ctx: Any, params: ReadResourceRequestParams) -> ReadResourceResult:
        return await bot.read_resource(params.uri)

    server: Server[Any] = Server(
        "algoops",
        version=version,
        instructions=bot.instructions,
        on_list_tools=tools,
        on_call_tool=call,
        on_list_resource_templates=templates,
        on_read_resource=read,
    )
    server.middleware.append(within_bounds)
    return server
