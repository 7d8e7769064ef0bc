"""The command line, one file a command family; exit codes 0 passed, 1 failed, 2 error."""

import importlib
from typing import Annotated

import typer

from bot.cli import groups
from bot.cli.common import Debug, errors_for_people

# Each module has `register(app)`; imported here so that `algoops --help` lists all of them.
FAMILIES: tuple[str, ...] = ("audit", "schema")

app = typer.Typer(
    name="algoops",
    help="A GitOps bot for trading strategies.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    Debug.on = debug


app.add_typer(groups.validate, name="validate")
app.add_typer(groups.sandbox, name="sandbox")
for _family in FAMILIES:
    importlib.import_module(f"bot.cli.{_family}").register(app)


def main() -> None:
    """Entry point of the `algoops` command."""
    with errors_for_people():
        app()
