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
    sign: Annotated[
        bool, typer.Option("--sign", help="Sign the JSON with the SSH key that git signs with.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Write the report of a run, or of `algoops check --format json`, in another form.

    Nothing is checked. `--format html` is a tear sheet: one file with tables and charts.
    """
    with errors_for_people():
        number = source.isascii() and source.isdigit() and not Path(source).exists()
        text = _of_run(int(source), config) if number else read_input(Path(source)).decode()
        if sign:
            text = _signed(text, form)
        found = _report(source, text)
        as_it_is = form is Format.JSON and found.signature
        write(_indented(text) if as_it_is else rendered(found, form), output)


def _of_run(number: int, config: Path | None) -> str:
    from bot.landing.kept import kept_report  # noqa: PLC0415  # a file needs no database
    from components.state import DATABASE, Store  # noqa: PLC0415  # as above

    with Store(settings_from(config).state.dir / DATABASE, look=True) as store:
        run = store.runs.get(number) if number <= MAX_RUN else None
    if run is None:
        raise UserError(f"there is no run {number}", hint="`algoops status` names the runs")
    kept_report(run)
    return run.report


def _report(source: str, text: str) -> Report:
    try:
        return Report.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "document"
        raise UserError(
            f"{source} is not a report: {place}: {first['msg']}",
            hint="make one with `algoops check --format json`",
        ) from error


def _signed(text: str, form: Format) -> str:
    """The JSON with a signature by the key that git signs with."""
    from bot.checks.signed import NAMESPACE, with_signature  # noqa: PLC0415  # few ask for it
    from components.git_patch.ssh_signatures import own_setting, sign  # noqa: PLC0415  # as above

    if form is not Format.JSON:
        raise UserError("only JSON can be signed", hint="add --format json")
    key = own_setting(Path(), "user.signingkey")
    if not key or own_setting(Path(), "gpg.format") != "ssh":
        raise UserError(
            "git signs with no SSH key here",
            hint="`git config gpg.format ssh` and `git config user.signingkey FILE`",
        )
    _report("the document", text)
    return with_signature(text, lambda content: sign(content, key, NAMESPACE))


def _indented(text: str) -> str:
    """Signed JSON laid out anew, with every value as it was signed."""
    return inert(harmless(json.dumps(json.loads(text), indent=2, ensure_ascii=False))) + "\n"


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
