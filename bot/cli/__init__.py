"""The command line, one file a command family; exit codes 0 passed, 1 failed, 2 error."""

import importlib
import logging
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Annotated

import typer

from bot.cli import groups
from bot.cli.common import Debug, errors_for_people

# Command -> the module that has it; each module has `register(app)`. Only the one that is asked
# for is imported: the others' libraries (pandas, the forges) take longer to load than it takes
# to validate a file. `algoops --help` loads them all.
COMMANDS: dict[str, str] = {
    "demo": "demo",
    "run": "run",
    "init": "run",
    "backtest": "backtest",
    "sweep": "sweep",
    "check": "check",
    "watch": "check",
    "report": "rendering",
    "validate": "schema validate_code",
    "status": "operate",
    "lifecycle": "operate",
    "deploy": "operate",
    "rollback": "operate",
    "recheck": "operate",
    "cancel": "operate",
    "hold": "operate",
    "unhold": "operate",
    "doctor": "doctor",
    "schema": "schema",
    "sandbox": "sandbox",
    "worker": "worker",
    "audit": "audit",
    "backup": "audit",
}

app = typer.Typer(
    name="algoops",
    help="A GitOps bot for trading strategies.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"algoops {metadata.version('algoops')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks. May stand anywhere.")
    ] = False,
) -> None:
    Debug.on = Debug.on or debug


app.add_typer(groups.validate, name="validate")
app.add_typer(groups.sandbox, name="sandbox")


def load(words: Sequence[str]) -> None:
    """Register the modules which a command line needs, or all of them."""
    wanted = COMMANDS.get(words[0]) if words else None
    modules = (wanted or " ".join(COMMANDS.values())).split()
    for module in dict.fromkeys(modules):
        importlib.import_module(f"bot.cli.{module}").register(app)
    if "structlog" in sys.modules:  # only what may log anything pays for the set-up
        importlib.import_module("bot.config.logs").set_up(level=logging.WARNING)


def main() -> None:
    """Entry point of the `algoops` command."""
    with errors_for_people():
        words = take_debug(sys.argv[1:])
        if words[:1] != ["--version"]:
            load([word for word in words if not word.startswith("-")])
        app(words)


def take_debug(words: Sequence[str]) -> list[str]:
    """Turn debugging on where `--debug` stands before any `--`; the other words, in their order."""
    end = words.index("--") if "--" in words else len(words)
    Debug.on = "--debug" in words[:end]
    return [*(word for word in words[:end] if word != "--debug"), *words[end:]]
