"""The command line, one file a command family; exit codes 0 passed, 1 failed, 2 error."""

import gc
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from bot.cli import groups
from bot.cli.common import Debug, errors_for_people

# Command -> the module that has it (with `register(app)`), and its line of `algoops --help`. Only
# the one that is asked for is imported: the others' libraries (pandas, the forges) take longer to
# load than it takes to validate a file. A test compares the lines with the commands.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": (
        "demo",
        "Push strategies as an author would; see them judged, deployed, promoted, rolled back.",
    ),
    "run": (
        "run",
        "Run the daemon: watch the repositories, check, report, deploy; serve the pages.",
    ),
    "reload": (
        "reload",
        "Have the daemon take changed policies, repositories, schedule; broken ones are refused.",
    ),
    "init": ("run", "Make the bare repository that authors push to and the daemon watches."),
    "mcp": ("mcp", "Serve a working folder's tools to an agent, over standard input and output."),
    "new": ("new", "Make the folder of a strategy from a notebook or a script."),
    "backtest": (
        "backtest",
        "Backtest one strategy in the sandbox, without static validation of its code.",
    ),
    "sweep": ("sweep", "Backtest a strategy once for each combination of parameter values."),
    "check": (
        "check",
        "Check the strategies that differ between two commits, or the named ones. Needs no daemon.",
    ),
    "watch": ("check", "Check a working folder again on every save. Ctrl-C ends it."),
    "report": (
        "rendering",
        "Write the report of a run, or of `algoops check --format json`, in another form.",
    ),
    "verify": (
        "verify",
        "Make a report's verdicts again from its commits, and say which line is not as it says.",
    ),
    "storage": ("storage", "What takes how much disk, and what retention would free."),
    "validate": ("schema validate_code", "Run one validator alone."),
    "status": ("operate", "What is deployed, what is proposed, what fails and why."),
    "lifecycle": ("operate", "The history of one strategy, as a story."),
    "orders": (
        "orders",
        "What each deployed strategy wants next, or why it wants nothing; exit code 1 then.",
    ),
    "fills": ("fills", "A broker's fills beside the orders on record: import, show."),
    "deploy": ("operate", "Land a proposal whose checks have passed: merge commit, tag, record."),
    "approve": (
        "operate",
        "Approve a proposal as its last report names it, where a deploy needs that of a person.",
    ),
    "rollback": (
        "operate",
        "Restore an earlier version of one strategy; the one that is left is put on hold.",
    ),
    "adopt": (
        "operate",
        "Take in what somebody changed on the base without the bot: it is checked and recorded.",
    ),
    "restore": (
        "operate",
        "Put back what was tested, where somebody changed it on the base without the bot.",
    ),
    "recheck": (
        "operate",
        "Have the daemon check a proposal once more, whatever is known of its content.",
    ),
    "promote": (
        "operate",
        "Put on a stage what the stage before it has of a strategy, exactly as it was tested.",
    ),
    "cancel": ("operate", "Stop the checks of a proposal, until somebody asks for them or pushes."),
    "hold": ("operate", "Forbid a version to be deployed until it is unheld."),
    "unhold": ("operate", "Lift a hold."),
    "freeze": ("operate", "Deploy nothing for a time; rollbacks still go."),
    "unfreeze": (
        "operate",
        "Lift the freeze that somebody ordered; those of the configuration end by themselves.",
    ),
    "data": ("data", "Market data: import exports, check files."),
    "doctor": (
        "doctor",
        "Look at git, data, policies, database, repositories and sandbox; say what to do.",
    ),
    "schema": ("schema", "Print a JSON Schema; migrate older definitions."),
    "sandbox": ("sandbox", "The sandbox: run, build, bench, gc."),
    "worker": (
        "worker",
        "Run the jobs of a daemon that is configured with `executor: {kind: dask}`.",
    ),
    "book": (
        "book",
        "Show how all that is deployed goes together.",
    ),
    "holdout": ("holdout", "The sealed bars: what the looks at them came to."),
    "policy": ("policy", "Policies: try a changed one on the last runs."),
    "audit": ("audit", "The audit log: append-only, chained by hashes."),
    "upgrade": (
        "audit",
        "Bring the database of an older AlgoOps up to date, after a copy of it; no daemon may run.",
    ),
    "backup": (
        "audit",
        "Copy the database while the bot runs; the copy is checked before it gets its name.",
    ),
}
GROUPS = {"validate": groups.validate, "sandbox": groups.sandbox, "data": groups.data}
OF_VALIDATE = {"schema": "schema", "config": "schema", "code": "validate_code"}

app = typer.Typer(
    name="algoops",
    help="A GitOps bot for trading strategies.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"max_content_width": 140},
    rich_markup_mode=None,  # its drawing of help takes longer than all else that help needs
)


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib import metadata  # noqa: PLC0415  # 40 ms for one word

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


def load(words: Sequence[str]) -> None:
    """Register the modules which a command line needs; without a command, all commands' names."""
    command = words[0] if words else ""
    if command not in COMMANDS:
        for name, (_module, line) in COMMANDS.items():
            app.command(name, help=line)(_nothing)
        return
    if command in GROUPS:
        app.add_typer(GROUPS[command], name=command)
    modules = COMMANDS[command][0].split()
    if command == "validate" and words[1:2] and words[1] in OF_VALIDATE:
        modules = [OF_VALIDATE[words[1]]]
    for module in modules:
        importlib.import_module(f"bot.cli.{module}").register(app)
    if "structlog" in sys.modules:  # only what may log anything pays for the set-up
        importlib.import_module("bot.config.logs").set_up(level=logging.WARNING)


def _nothing() -> None:
    """Stands for a command in `algoops --help`."""


def main() -> None:
    """Entry point of the `algoops` command."""
    # Matrices here are small; a second thread of numpy's would wait by spinning, beside sandboxes.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with errors_for_people():
        words = take_debug(sys.argv[1:])
        if words[:1] != ["--version"]:
            load([word for word in words if not word.startswith("-")])
        gc.freeze()
        gc.enable()  # `algoops_app` turns it off
        app(words)


def take_debug(words: Sequence[str]) -> list[str]:
    """Turn debugging on where `--debug` stands before any `--`; the other words, in their order."""
    end = words.index("--") if "--" in words else len(words)
    Debug.on = "--debug" in words[:end]
    return [*(word for word in words[:end] if word != "--debug"), *words[end:]]
