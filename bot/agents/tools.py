"""The eight tools and two resources as an MCP server, whatever it is reached by."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Flag
from typing import Annotated, Any

import anyio
import anyio.to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from bot.agents import looks, rules
from bot.agents.bounds import serve_stdio, within_bounds
from bot.agents.door import Door
from bot.agents.places import Places
from bot.agents.size import ROOM, fitted
from bot.agents.submit import proposal_of, submit
from components.errors import AlgoOpsError
from components.schema.results.report import CheckResult, Report
from components.texts import scrub

Asking = Context[Any, Any]
Branch = Annotated[str, Field(description="A branch of yours, such as faster.", max_length=300)]
BranchOrLast = Annotated[
    str, Field(description="A branch of yours; empty: what you checked last.", max_length=300)
]
Page = Annotated[int, Field(description="Which page of the answer.", ge=1, le=10_000)]
Folder = Annotated[
    str, Field(description="The strategy's folder, such as strategies/sma_cross.", max_length=1024)
]
Files = Annotated[
    dict[str, str], Field(description="Relative path -> text of each file in the folder.")
]
Message = Annotated[
    str, Field(description="What is changed and why: the commit's message.", max_length=5_000)
]
Topic = Annotated[
    str, Field(description="A topic or the name of a rule; empty: the topics.", max_length=100)
]
Seconds = Annotated[float, Field(description="How long to wait at most.", ge=0, le=300)]

WORK_AT_ONCE, WORK_EACH = 4, 2
"""Tools that do something at a time: of all authors, and of one."""

READS_AT_ONCE, READS_EACH = 8, 4
WAITS_AT_ONCE, WAITS_EACH = 32, 8
POLL_S = 1.0
TOLD_EVERY_S = 0.5
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
INSTRUCTIONS = (
    "AlgoOps checks trading strategies. `rules` says what is allowed; `check` a folder, mend what "
    "it finds, `submit` it, `wait` for the verdict. Tries are counted: `budget`. A person deploys."
)


class Tools:
    """The tools over one door each request; every answer has at most 2,000 tokens."""

    def __init__(self, door_of: Callable[[Asking], Door]) -> None:
        self._door_of = door_of
        self._work = Places(WORK_AT_ONCE, WORK_EACH)
        self._reads = Places(READS_AT_ONCE, READS_EACH)
        self._waits = Places(WAITS_AT_ONCE, WAITS_EACH)

    async def rules(self, ctx: Asking, topic: Topic = "", page: Page = 1) -> str:
        """What a strategy may be and do, one topic at a time."""
        return await self._look(ctx, lambda door: rules.answer(topic, page, door.policies()))

    async def check(self, ctx: Asking, folder: Folder) -> str:
        """Run all checks on a folder as it is on disk, with a backtest in the sandbox."""
        return await self._check(ctx, folder, {})

    async def check_files(self, ctx: Asking, folder: Folder, files: Files) -> str:
        """Run all checks on these files, with a backtest in the sandbox. It counts as a try."""
        return await self._check(ctx, folder, files)

    async def submit(
        self, ctx: Asking, folder: Folder, branch: Branch = "", message: Message = ""
    ) -> str:
        """Propose a strategy: its folder as a commit on a branch of yours. It counts as a try."""
        return await self._submit(ctx, (folder, {}), branch, message)

    async def submit_files(
        self,
        ctx: Asking,
        folder: Folder,
        files: Files,
        branch: Branch = "",
        message: Message = "",
    ) -> str:
        """Propose a strategy: these files as a commit on a branch of yours. It counts as a try."""
        return await self._submit(ctx, (folder, files), branch, message)

    async def wait(self, ctx: Asking, branch: Branch, seconds: Seconds = 45) -> str:
        """Wait for the verdict on a branch of yours, and tell it."""
        door = self._door_of(ctx)
        end = time.monotonic() + seconds
        with _said(), self._waits.taken(door.author):
            proposal = await anyio.to_thread.run_sync(proposal_of, door, branch)
            told = ""
            while True:
                found = await anyio.to_thread.run_sync(looks.progress_at, door, proposal)
                if found.over:
                    return await anyio.to_thread.run_sync(looks.findings, door, branch, 1)
                if found.line != told:
                    told = found.line
                    await ctx.report_progress(found.ended, message=told)
                left = min(end - time.monotonic(), POLL_S)
                if left <= 0 or not await door.pause(left):
                    return f"No verdict yet: {found.line}. Ask wait(branch={branch!r}) again."

    async def findings(self, ctx: Asking, branch: BranchOrLast = "", page: Page = 1) -> str:
        """The verdict with its findings, errors first, one page at a time."""
        return await self._look(ctx, lambda door: looks.findings(door, branch, page))

    async def compare(self, ctx: Asking, branch: BranchOrLast = "") -> str:
        """The figures of a strategy beside those of its deployed version."""
        return await self._look(ctx, lambda door: looks.compare(door, branch))

    async def budget(self, ctx: Asking, branch: BranchOrLast = "") -> str:
        """The tries that are counted so far, and the Sharpe ratio that passes after so many."""
        return await self._look(ctx, lambda door: looks.budget(door, branch))

    async def leaderboard(self, ctx: Asking, page: Page = 1) -> str:
        """What is deployed, with its figures, the highest Sharpe ratio first."""
        return await self._look(ctx, lambda door: looks.leaderboard(door, page))

    async def chart(self, ctx: Asking, run: str, strategy: str, page: int = 1) -> str:
        """The equity curve of a strategy in a run of yours, as Mermaid."""
        return await self._resource(ctx, lambda door: looks.chart(door, run, strategy, page))

    async def trades(self, ctx: Asking, run: str, strategy: str, page: int = 1) -> str:
        """The trades of a strategy in a run of yours, as CSV."""
        return await self._resource(ctx, lambda door: looks.trades(door, run, strategy, page))

    # --- how ---

    async def _look(self, ctx: Asking, look: Callable[[Door], str]) -> str:
        door = self._door_of(ctx)
        with _said(), self._reads.taken(door.author):
            return await anyio.to_thread.run_sync(look, door)

    async def _resource(self, ctx: Asking, look: Callable[[Door], str]) -> str:
        try:
            return await self._look(ctx, look)
        except ToolError as error:
            raise ResourceError(str(error)) from error

    async def _submit(
        self, ctx: Asking, content: tuple[str, dict[str, str]], branch: str, message: str
    ) -> str:
        door = self._door_of(ctx)

        def work() -> str:
            made = submit(door, door.subject(*content), branch, message)
            return (
                f"Submitted {made.commit[:12]} on {made.branch} ({made.proposal}).\n"
                f"Next: wait(branch={made.branch!r})."
            )

        with _said(), self._work.taken(door.author):
            return await anyio.to_thread.run_sync(work)

    async def _check(self, ctx: Asking, folder: str, files: dict[str, str]) -> str:
        door = self._door_of(ctx)
        ended: list[str] = []
        cancelled = Flag()

        def tell(_strategy: str, result: CheckResult) -> None:
            ended.append(f"{result.name} {result.outcome}")

        def work() -> Report | AlgoOpsError:
            try:  # its place is taken until it ends, also where whoever asked is gone before
                with self._work.taken(door.author):
                    return door.check(door.subject(folder, files), tell, cancelled)
            except AlgoOpsError as error:
                return error

        with _said():
            async with anyio.create_task_group() as group:
                group.start_soon(_follow, ctx, ended)
                try:
                    report = await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
                finally:
                    cancelled.set()  # whoever asked may be gone
                    group.cancel_scope.cancel()
            if isinstance(report, AlgoOpsError):
                raise report
            door.last = report
            return looks.told(report)


async def _follow(ctx: Asking, ended: list[str]) -> None:
    """Tell of each check as it ends."""
    told = 0
    while True:
        await anyio.sleep(TOLD_EVERY_S)
        if len(ended) > told:
            told = len(ended)
            await ctx.report_progress(told, message=ended[-1])


@contextmanager
def _said() -> Iterator[None]:
    """An expected error is an answer that says it, without this machine's folders."""
    try:
        yield
    except AlgoOpsError as error:
        raise ToolError(scrub(fitted(str(error), ROOM // 2))) from error


def build(door_of: Callable[[Asking], Door], version: str, *, files: bool) -> MCPServer[Any]:
    """The server.

    Args:
        door_of: the door of whoever asks.
        version: of AlgoOps.
        files: contents come with the request; else they are read from folders.
    """
    tools = Tools(door_of)
    server: MCPServer[Any] = MCPServer(
        "algoops",
        instructions=INSTRUCTIONS,
        version=version,
        log_level="WARNING",
        subscriptions=False,
        middleware=(within_bounds,),
    )
    check, propose = (
        (tools.check_files, tools.submit_files) if files else (tools.check, tools.submit)
    )
    server.add_tool(tools.rules, annotations=_READS, structured_output=False)
    server.add_tool(check, name="check", annotations=_ADDS, structured_output=False)
    server.add_tool(propose, name="submit", annotations=_ADDS, structured_output=False)
    for look in (tools.wait, tools.findings, tools.compare, tools.budget, tools.leaderboard):
        server.add_tool(look, annotations=_READS, structured_output=False)
    server.resource("algoops://{run}/chart/{strategy}{?page}", mime_type="text/markdown")(
        tools.chart
    )
    server.resource("algoops://{run}/trades/{strategy}{?page}", mime_type="text/csv")(tools.trades)
    return server


async def over_stdio(server: MCPServer[Any]) -> None:
    """Serve over standard input and output until the client is gone."""
    await serve_stdio(server._lowlevel_server)  # noqa: SLF001  # the SDK's own way sets no bound


def over_http(server: MCPServer[Any], most: int) -> Any:
    """What serves it over streamable HTTP, without sessions; bodies have at most so many bytes."""
    server.streamable_http_app(stateless_http=True, max_request_body_size=most, host="")
    return server.session_manager
