"""`algoops validate code FILE`: the code check alone, the same function that `check` uses."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import groups
from bot.cli.common import (
    EXIT_FAILED,
    ConfigOption,
    out,
    print_json,
    read_input,
    settings_from,
)
from bot.cli.findings import print_findings
from bot.findings import to_commands, to_json, to_sarif
from components.schema.policies_code import CodePolicy
from components.schema.policy_file import load_policy
from components.schema.values import Finding
from components.validator import CodeCheck, check_code, lint, local_imports

POLICY_FILE = "code.yaml"
STDIN = "<stdin>"


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def register(_app: typer.Typer) -> None:
    """Add this family's command to `algoops validate`."""
    groups.validate.command("code")(validate_code)


def validate_code(
    file: Annotated[Path, typer.Argument(help="The Python file; - reads standard input.")],
    form: Annotated[
        Format, typer.Option("--format", help="text, json, sarif or github.")
    ] = Format.TEXT,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict/--no-strict",
            help="Refuse imports that are merely unknown, or only warn of them.",
        ),
    ] = True,
    config: ConfigOption = None,
) -> None:
    """Check the code of one strategy file, and of the helper modules that it imports.

    Exit codes: 0 nothing refuses it, 1 refused, 2 the check itself could not run.
    """
    policy = load_policy(settings_from(config).policies / POLICY_FILE, CodePolicy)
    files = _files(file)
    checked = check_code(files, policy=policy, strict=strict)
    findings = _named(file, (*checked.findings, *lint(files)))
    _write(file, checked, findings, form)
    if not checked.safe:
        raise typer.Exit(EXIT_FAILED)


def _files(file: Path) -> dict[str, bytes]:
    """The file, and those beside it which it imports, directly or through each other."""
    if str(file) == "-":
        return {"strategy.py": read_input(file)}
    files: dict[str, bytes] = {}
    waiting = [_python_name(file.name)]
    while waiting:
        name = waiting.pop()
        path = file if not files else file.parent / name
        if name not in files and path.is_file():
            files[name] = read_input(path)
            waiting += [f"{found}.py" for found in local_imports(files[name])]
        elif not files:
            read_input(file)
    return files


def _python_name(name: str) -> str:
    """The name under which a file is judged: a lone file need not be importable by its name."""
    stem = name.removesuffix(".py")
    return f"{stem}.py" if stem.isidentifier() else "strategy.py"


def _named(file: Path, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings with the paths that the user knows."""
    if str(file) == "-":
        return tuple(f.model_copy(update={"file": STDIN}) for f in findings)
    own = _python_name(file.name)
    return tuple(
        f.model_copy(update={"file": str(file if f.file == own else file.parent / f.file)})
        for f in findings
    )


def _write(file: Path, checked: CodeCheck, findings: tuple[Finding, ...], form: Format) -> None:
    if form is Format.JSON:
        print_json(
            {
                "status": "validated" if checked.safe else "rejected",
                "safe": checked.safe,
                "findings": to_json(findings),
                "checks_passed": list(checked.checks_passed),
            }
        )
    elif form is Format.SARIF:
        print_json(to_sarif(findings))
    elif form is Format.GITHUB:
        sys.stdout.write(to_commands(findings))
    else:
        print_findings(findings)
        name = STDIN if str(file) == "-" else file
        verdict = "nothing refuses this code" if checked.safe else "refused"
        out.print(f"{name}: {verdict}", markup=False, highlight=False, soft_wrap=True)
