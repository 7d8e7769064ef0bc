"""`algoops mcp`: the tools for agents over standard input and output, for a working folder."""

import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from typing import Annotated

import anyio
import typer

from bot.agents.door import Door, WatchedBot, relative
from bot.checks.folders import content_subject
from bot.checks.policies import Policies, load_policies
from bot.checks.releases import taken_on_disk
from bot.checks.standalone import check_subjects
from bot.checks.strategy import Asked, OnCheck
from bot.checks.subject import Bench, Subject
from bot.cli.check import bench_with_store, keep_in, known_in
from bot.cli.common import ConfigOption, errors_for_people, settings_from, user_name
from bot.cli.operate import RepositoryOption, repository_named
from bot.config.settings import RepositorySettings, Settings
from bot.daemon.opening import auditor, open_watched
from bot.report.status import with_warnings
from components.errors import AlgoOpsError, UserError
from components.safe_tools.disk import read_disk_folder
from components.safe_tools.files import folder_under
from components.safe_tools.names import shown
from components.schema.results.report import Report
from components.state import DATABASE, Store

ELSEWHERE = "`check` and `rules` work without; for the others use the bot's own address with /mcp"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mcp")(mcp)


def mcp(
    folder: Annotated[
        Path, typer.Option(help="The working folder; no path outside of it is read.")
    ] = Path(),
    author: Annotated[
        str, typer.Option(help="Whose branches are written (default: the user's name).")
    ] = "",
    url: Annotated[
        str,
        typer.Option(
            help="Address of a bot elsewhere, whose tools are passed on; its token is read from "
            "ALGOOPS_TOKEN, and no folder of this machine."
        ),
    ] = "",
    repository: RepositoryOption = "",
    config: ConfigOption = None,
) -> None:
    """Serve a working folder's tools to an agent, over standard input and output.

    The agent's client starts it. It needs the extra `agents`: pip install 'algoops[agents]'.
    """
    with errors_for_people(), ExitStack() as stack:
        try:
            from bot.agents.tools import build, over_stdio  # noqa: PLC0415  # no other command loads the SDK
        except ModuleNotFoundError as error:
            raise UserError(
                "the package mcp is not installed", hint="pip install 'algoops[agents]'"
            ) from error
        if url:
            _pass_on(url)
            return
        settings = settings_from(config)
        name = repository_named(settings, repository)
        watched = next(r for r in settings.repositories if r.name == name)
        door: Door = WorkingFolder(folder, author or _user(), settings, watched, stack)
        server = build(lambda _ctx: door, version("algoops"), files=False)
        anyio.run(over_stdio, server)


def _pass_on(url: str) -> None:
    from bot.agents.forward import TOKEN, endpoint, forward  # noqa: PLC0415  # as the tools

    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise UserError(f"{TOKEN} is not set", hint="an author's token of that bot belongs there")
    anyio.run(forward, endpoint(url), token, version("algoops"))


def _user() -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", user_name()).strip("-") or "agent"


class WorkingFolder:
    """The door of a folder on this machine; what it opens is closed with the stack."""

    def __init__(
        self,
        root: Path,
        author: str,
        settings: Settings,
        repository: RepositorySettings,
        stack: ExitStack,
    ) -> None:
        self.author = author
        self.last: Report | None = None
        self._root = root.absolute()
        self._settings, self._repository, self._stack = settings, repository, stack
        self._opening = Lock()
        self._bot: WatchedBot | None = None
        self._bench: tuple[Bench, Store | None] | None = None

    def bot(self) -> WatchedBot:
        """The bot of this machine's configuration; see `Door`."""
        with self._opening:
            if self._bot is None:
                self._bot = self._opened()
            return self._bot

    def _opened(self) -> WatchedBot:
        file = self._settings.state.dir / DATABASE
        try:
            store = self._stack.enter_context(Store(file, create=False))
            audit = auditor(store, self._repository.name)
            watched = open_watched(self._settings, self._repository, audit)
        except AlgoOpsError as error:
            raise UserError(f"no bot is to be found here: {error}", hint=ELSEWHERE) from error
        self._stack.callback(watched.close)
        return WatchedBot(store, watched)

    def policies(self) -> Policies:
        """The operator's policies; see `Door`."""
        return load_policies(self._settings.policies)

    def subject(self, folder: str, files: Mapping[str, str]) -> Subject:  # noqa: ARG002  # the disk has them
        """The folder as it is on disk; see `Door`."""
        folder = relative(folder, self._root)
        try:
            path = folder_under(self._root, folder)
        except FileNotFoundError as error:
            raise UserError(
                f"there is no folder {shown(folder)}", hint="a path inside the working folder"
            ) from error
        return content_subject(path.name, folder, read_disk_folder(path, prefix=folder))

    def check(self, subject: Subject, tell: OnCheck, cancelled: Flag) -> Report:
        """As `algoops check FOLDER`: no try is counted; see `Door`."""
        with self._opening:
            if self._bench is None:
                self._bench = self._stack.enter_context(bench_with_store(self._settings))
        bench, store = self._bench
        asked = Asked(known_in(store), tell, cancelled, asked=True)
        now = replace(bench, policies=self.policies())
        report = check_subjects([subject], now, asked, self._root.name)
        folder = self._root / subject.path
        report = with_warnings(report, taken_on_disk(folder, subject, self._settings.git_binary))
        keep_in(store, report)
        return report

    async def pause(self, seconds: float) -> bool:
        """Wait; see `Door`."""
        await anyio.sleep(seconds)
        return True
