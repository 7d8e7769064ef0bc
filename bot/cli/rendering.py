"""A Report in every form in which it leaves the command line, and `algoops report`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from bot.cli.common import ConfigOption, errors_for_people, read_input, settings_from
from bot.report import markdown
from bot.report.charts import chart
from bot.report.findings import to_commands, to_sarif
from components.errors import UserError
from components.schema.results.report import Report
from components.texts import harmless, inert

MAX_RUN = (1 << 63) - 1
"""The largest number that a database gives."""


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"
    SARIF = "sarif"
    HTML = "html"


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
    if form is Format.HTML:
        from bot.report.sheet import sheet  # noqa: PLC0415  # no other form needs templates

        return sheet(report)
    if form is Format.SARIF:
        return json.dumps(to_sarif(report.placed_findings()), indent=2) + "\n"
    return markdown.plain(report)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RUN|FILE",
            help="The number of a run, or a Report as JSON; - reads standard input.",
        ),
    ],
    form: Annotated[
        Format, typer.Option("--format", help="How to write the report.")
    ] = Format.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the report of a run, or of `algoops check --format json`, in another form.

    Nothing is checked. `--format html` is a tear sheet: one file with tables and charts.
    """
    with errors_for_people():
        number = source.isascii() and source.isdigit() and not Path(source).exists()
        found = _of_run(int(source), config) if number else _of_file(Path(source))
        write(rendered(found, form), output)


def _of_run(number: int, config: Path | None) -> Report:
    from bot.server.reading import kept_report  # noqa: PLC0415  # a file needs no database
    from components.state import DATABASE, Store  # noqa: PLC0415  # as above

    with Store(settings_from(config).state.dir / DATABASE, create=False) as store:
        run = store.runs.get(number) if number <= MAX_RUN else None
    if run is None:
        raise UserError(f"there is no run {number}", hint="`algoops status` names the runs")
    return kept_report(run)


def _of_file(file: Path) -> Report:
    try:
        return Report.model_validate_json(read_input(file))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "document"
        raise UserError(
            f"{file} is not a report: {place}: {first['msg']}",
            hint="make one with `algoops check --format json`",
        ) from error


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
