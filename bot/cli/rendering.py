"""A Report in every form in which it leaves the command line, and `algoops report`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from bot.cli.common import errors_for_people, read_input
from bot.report import markdown
from bot.report.charts import chart
from bot.report.findings import to_commands, to_sarif
from components.errors import UserError
from components.schema.results.report import Report
from components.texts import harmless, inert


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"
    SARIF = "sarif"


def rendered(report: Report, form: Format) -> str:
    """A report as text of the chosen form."""
    if form is Format.GITHUB:
        return to_commands(report.placed_findings())
    return inert(_rendered(report, form))


def _rendered(report: Report, form: Format) -> str:
    if form is Format.JSON:
        return harmless(report.model_dump_json(indent=2)) + "\n"
    if form is Format.MARKDOWN:
        return markdown.markdown(report, chart=chart(report))
    if form is Format.SARIF:
        return json.dumps(to_sarif(report.placed_findings()), indent=2) + "\n"
    return markdown.plain(report)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    file: Annotated[Path, typer.Argument(help="A Report as JSON; - reads standard input.")],
    form: Annotated[
        Format, typer.Option("--format", help="How to write the report.")
    ] = Format.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
) -> None:
    """Write a report of `algoops check --format json` in another form; nothing is checked."""
    with errors_for_people():
        try:
            found = Report.model_validate_json(read_input(file))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "document"
            raise UserError(
                f"{file} is not a report: {place}: {first['msg']}",
                hint="make one with `algoops check --format json`",
            ) from error
        write(rendered(found, form), output)


def write(text: str, output: Path | None) -> None:
    """Write text to a file, or to standard output where `output` is None.

    Raises:
        UserError: the file cannot be written.
    """
    if output is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write {output}: {error.strerror}") from error
