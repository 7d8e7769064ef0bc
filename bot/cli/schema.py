"""`algoops schema`, `algoops schema migrate`, `algoops validate schema|config`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import groups
from bot.cli.common import (
    EXIT_FAILED,
    ConfigOption,
    Form,
    FormOption,
    err,
    out,
    print_json,
    settings_from,
)
from bot.cli.findings import print_findings
from components.errors import UserError
from components.schema.definition.check import check_definition
from components.schema.documents.reader import BOUNDS
from components.schema.policies.file import load_policy
from components.schema.policies.schema import SchemaPolicy
from components.schema.results.values import Finding, Severity

DEFINITION_FILES = ("strategy.yaml", "strategy.yml", "strategy.json")
POLICY_FILE = "schema.yaml"


FileArgument = Annotated[Path, typer.Argument(help="The file; - reads standard input.")]

schema_app = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.add_typer(schema_app, name="schema", help="Print a JSON Schema; migrate older definitions.")
    groups.validate.command("schema")(validate_schema)
    groups.validate.command("config")(validate_config)


@schema_app.callback()
def print_schema(
    context: typer.Context,
    report: Annotated[bool, typer.Option("--report", help="Of the Report document.")] = False,
    backtest_config: Annotated[
        bool, typer.Option("--backtest-config", help="Of a backtest configuration.")
    ] = False,
    result: Annotated[bool, typer.Option("--result", help="Of an execution result.")] = False,
) -> None:
    """Print the JSON Schema of strategy.yaml (or of another document) for editors and clients."""
    if context.invoked_subcommand is not None:
        return
    from components.schema.jsonschema import Published, json_schema  # noqa: PLC0415  # all models

    chosen = [
        kind
        for kind, wanted in (
            (Published.REPORT, report),
            (Published.BACKTEST_CONFIG, backtest_config),
            (Published.RESULT, result),
        )
        if wanted
    ]
    if len(chosen) > 1:
        raise typer.BadParameter("ask for one schema at a time")
    print_json(json_schema(chosen[0] if chosen else Published.DEFINITION))


@schema_app.command("migrate")
def migrate(
    file: FileArgument,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write the new document there.")
    ] = None,
) -> None:
    """Convert a definition of version 1.x (ordered steps) to Canonical Schema v2.

    The new document goes to standard output; what could not be converted is listed on standard
    error, and the exit code is then 1.
    """
    from components.schema.migrate.steps import migrate as migrated  # noqa: PLC0415  # seldom

    migration = migrated(_content(file), _name(file))
    if migration.document is None:
        print_findings(migration.findings, err)
        raise UserError(f"{_name(file)} cannot be migrated")
    _write(migration.text, output)
    for note in migration.left_out:
        err.print(f"not converted: {note}", markup=False, highlight=False, soft_wrap=True)
    if migration.left_out:
        raise typer.Exit(EXIT_FAILED)


def validate_schema(
    file: FileArgument, form: FormOption = Form.TEXT, config: ConfigOption = None
) -> None:
    """Check one strategy definition: text, fields, indicators, rules."""
    data, name = _content(file), _name(file)
    folder, has_code = _surroundings(file)
    checked = check_definition(data, name, folder=folder, has_code=has_code, policy=_policy(config))
    _report(name, checked.findings, form, what="definition")


def validate_config(
    file: FileArgument, form: FormOption = Form.TEXT, config: ConfigOption = None
) -> None:
    """Check one backtest configuration."""
    from components.schema.definition.config_check import check_config  # noqa: PLC0415  # seldom

    settings_from(config)
    data, name = _content(file), _name(file)
    _report(name, check_config(data, name).findings, form, what="configuration")


def _report(name: str, findings: tuple[Finding, ...], form: Form, *, what: str) -> None:
    failed = any(f.severity is Severity.ERROR for f in findings)
    if form is Form.JSON:
        status = "failed" if failed else "passed"
        rows = [finding.model_dump(mode="json") for finding in findings]
        print_json({"file": name, "status": status, "findings": rows})
    else:
        print_findings(findings)
        said = f"{name}: this is {'not ' if failed else ''}a valid {what}"
        out.print(said, markup=False, highlight=False, soft_wrap=True)
    if failed:
        raise typer.Exit(EXIT_FAILED)


def _content(file: Path) -> bytes:
    """The file, or standard input; no more of it than shows that it is too large."""
    most = BOUNDS.size + 1
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(most)
        with file.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file}: {error.strerror}") from error


def _name(file: Path) -> str:
    return "<stdin>" if str(file) == "-" else str(file)


def _surroundings(file: Path) -> tuple[str | None, bool | None]:
    """Folder that must be called as the strategy, and whether there is code; None: unknown.

    Only a definition that lies where a strategy lies (`strategies/<name>/strategy.yaml`) is bound
    to its folder; a file elsewhere is judged alone.
    """
    if str(file) == "-" or file.name not in DEFINITION_FILES:
        return None, None
    folder = file.resolve().parent
    has_code = (folder / "strategy.py").is_file()
    if folder.parent.name != "strategies":
        return None, has_code or None
    return folder.name, has_code


def _policy(config: Path | None) -> SchemaPolicy:
    path = settings_from(config).policies / POLICY_FILE
    return load_policy(path, SchemaPolicy) if path.is_file() else SchemaPolicy()


def _write(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write {output}: {error.strerror}") from error
