"""What all commands share: settings, output, and the one boundary for errors."""

import getpass
import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.segment import Segment

from components.errors import AlgoOpsError
from components.texts import harmless, inert

EXIT_PASSED, EXIT_FAILED, EXIT_ERROR = 0, 1, 2


if TYPE_CHECKING:
    from bot.config.settings import Settings


class _HarmlessConsole(Console):
    """Whatever is printed, wherever it comes from: a terminal and a CI runner obey us alone."""

    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        plain = (
            part if part.control else Segment(harmless(part.text), part.style) for part in buffer
        )
        return inert(super()._render_buffer(plain))


# No markup: words in brackets, also in the cell of a table, are an author's and mean nothing.
out = _HarmlessConsole(markup=False, emoji=False)
err = _HarmlessConsole(stderr=True, markup=False, emoji=False)

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Configuration file (default: config.yaml here or above in the repository).",
    ),
]


class Form(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"


FormOption = Annotated[Form, typer.Option("--format", help="text or json.")]


class Debug:
    """Whether tracebacks are shown (`--debug`)."""

    on = False


@contextmanager
def errors_for_people() -> Iterator[None]:
    """The one boundary: an expected error is one line on stderr, a bug a short report; exit 2."""
    try:
        yield
    except AlgoOpsError as error:
        _show(error, f"algoops: {error}")
    except (KeyboardInterrupt, BrokenPipeError):
        raise SystemExit(EXIT_ERROR) from None
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:  # noqa: BLE001  # the boundary: whatever is left is our bug
        _show(
            error,
            f"algoops: this is a bug: {type(error).__name__}: {error}\n"
            "Run again with --debug and report what it prints.",
        )


def _show(error: Exception, text: str) -> NoReturn:
    if Debug.on:
        traceback.print_exception(error)
    err.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(EXIT_ERROR) from None


def user_name() -> str:
    """Who runs this command: the account's name; its number where it has none, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def settings_from(path: Path | None) -> "Settings":
    """The settings for this command; see `bot.config.settings.load`."""
    from bot.config.settings import load  # noqa: PLC0415  # `--help` needs none

    return load(path)


def print_json(document: Any) -> None:
    """One JSON document on stdout and nothing else."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    sys.stdout.write(f"{inert(harmless(text))}\n")


def read_input(path: Path) -> bytes:
    """The bytes of a file; `-` reads standard input. Raises typer.BadParameter when unreadable."""
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"cannot read {path}: {error.strerror}") from error
