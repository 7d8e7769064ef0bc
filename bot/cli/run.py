"""`algoops run` and `algoops init`: the daemon, and a repository for it to watch."""

import json
import shlex
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from bot.cli.common import ConfigOption, errors_for_people, out, settings_from
from bot.config.logs import set_up
from bot.config.settings import RepositorySettings, Settings
from bot.daemon.app import Daemon
from bot.demo.repository import examples_here, make_repository
from components.errors import UserError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run")(run)
    app.command("init")(init)


def run(
    config: ConfigOption = None,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="Log JSON lines.")] = False,
) -> None:
    """Run the daemon: watch the repositories, check, report, deploy; serve the pages."""
    with errors_for_people():
        settings = settings_from(config)
        set_up(json_lines=json_logs)
        daemon = Daemon(settings, lambda: settings_from(config))

        def stop(_number: int, _frame: FrameType | None) -> None:
            daemon.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        signal.signal(signal.SIGHUP, lambda _number, _frame: daemon.reload())
        daemon.run()


def init(
    path: Annotated[
        Path | None, typer.Argument(help="Where the bare repository goes (default: as configured).")
    ] = None,
    examples: Annotated[bool, typer.Option(help="Begin with the example strategies.")] = False,
    config: ConfigOption = None,
) -> None:
    """Make the bare repository that authors push to and the daemon watches."""
    with errors_for_people():
        settings = settings_from(config)
        meant = local_repository(settings, path)
        target = (path or meant.path).absolute()
        make_repository(
            target, meant.base, root=meant.strategies, names=examples_here() if examples else ()
        )
        known = target.resolve() in {r.path.resolve() for r in settings.repositories}
        out.print(_made(target, known=known), markup=False, highlight=False, soft_wrap=True)


def _made(target: Path, *, known: bool) -> str:
    lines = [
        f"Made {target}. Authors clone it and push branches:",
        f"  git clone {shlex.quote(str(target))} strategies",
    ]
    if not known:
        lines += [
            "The configuration does not name it. To have it watched, write into config.yaml:",
            f"  repositories: [{{path: {json.dumps(str(target))}}}]",
        ]
    return "\n".join(lines)


def local_repository(settings: Settings, path: Path | None) -> RepositorySettings:
    """The local repository of the configuration at a path; None, or another: the first one.

    Raises:
        UserError: there is none, and no path was named.
    """
    local = [r for r in settings.repositories if r.forge == "local"]
    if not local and path is None:
        raise UserError("the configuration has no local repository", hint="name a path")
    there = [r for r in local if path is not None and r.path.resolve() == path.resolve()]
    return next(iter((*there, *local)), RepositorySettings())
