"""`algoops run` and `algoops init`: the daemon, and a repository for it to watch."""

import json
import shlex
import signal
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from bot.agents.guide import GUIDE, files
from bot.checks.policies import load_policies
from bot.cli.common import ConfigOption, err, errors_for_people, out, settings_from
from bot.config.logs import set_up
from bot.config.places import default_file
from bot.config.settings import RepositorySettings, Settings
from bot.daemon.app import Daemon
from bot.demo.repository import examples_here, make_repository
from components.errors import ConfigError, UserError


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
        read = reader(config)
        settings = read()
        set_up(json_lines=json_logs)
        daemon = Daemon(settings, read)

        def stop(_number: int, _frame: FrameType | None) -> None:
            daemon.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        signal.signal(signal.SIGHUP, lambda _number, _frame: daemon.reload())
        daemon.run()


def reader(config: Path | None) -> Callable[[], Settings]:
    """Reads the file that holds now, however often; once gone it is an error, never no settings."""
    return partial(settings_from, config or default_file())


def init(
    path: Annotated[
        Path | None, typer.Argument(help="Where the bare repository goes (default: as configured).")
    ] = None,
    examples: Annotated[bool, typer.Option(help="Begin with the example strategies.")] = False,
    agents: Annotated[
        Path | None,
        typer.Option(
            help="Only write AGENTS.md and .mcp.json into this working folder, where they are not."
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Make the bare repository that authors push to and the daemon watches.

    It begins with AGENTS.md and .mcp.json, for language models that write strategies.
    """
    with errors_for_people():
        settings = settings_from(config)
        if agents is not None:
            guide = _guide(settings, settings.repositories[0])
            out.print(_written(agents, guide), markup=False, highlight=False, soft_wrap=True)
            return
        meant = local_repository(settings, path)
        target = (path or meant.path).absolute()
        try:
            guide = _guide(settings, meant)
        except ConfigError as error:  # the repository does not depend on them
            err.print(f"{GUIDE} is left out: {error}", markup=False, soft_wrap=True)
            guide = {}
        names = examples_here() if examples else ()
        make_repository(target, meant.base, root=meant.strategies, names=names, beside=guide)
        known = target.resolve() in {r.path.resolve() for r in settings.repositories}
        out.print(_made(target, known=known), markup=False, highlight=False, soft_wrap=True)


def _guide(settings: Settings, repository: RepositorySettings) -> Mapping[str, str]:
    policies = load_policies(settings.policies)
    return files(policies, repository.strategies, settings.server.public_url)


def _written(folder: Path, guide: Mapping[str, str]) -> str:
    """Write what is not there; a line for each file."""
    lines = []
    for name, text in guide.items():
        file = folder / name
        try:
            with file.open("x", encoding="utf-8") as new:
                new.write(text)
            lines.append(f"Wrote {file}.")
        except FileExistsError:
            lines.append(f"{file} is there already, and stays as it is.")
        except OSError as error:
            raise UserError(f"cannot write {file}: {error.strerror}") from error
    return "\n".join(lines)


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
