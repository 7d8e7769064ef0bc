"""`algoops validate code`: the code check alone, the same function that `check` uses."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.checks.code import judge_code, judge_folder
from bot.checks.policies import load_code_policy, load_policies
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
from bot.report.findings import to_commands, to_json, to_sarif
from components.schema.results.values import Finding
from components.validator import CodeCheck, local_files

STDIN = "<stdin>"


class ResultFormat(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def register(_app: typer.Typer) -> None:
    """Add this family's command to `algoops validate`."""
    groups.validate.command("code")(validate_code)


def validate_code(
    file: Annotated[
        Path, typer.Argument(help="A Python file, a strategy's folder, or - for standard input.")
    ],
    form: Annotated[
        ResultFormat, typer.Option("--format", help="text, json, sarif or github.")
    ] = ResultFormat.TEXT,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict/--no-strict",
            help="Refuse imports that are merely unknown, or only warn of them.",
        ),
    ] = True,
    config: ConfigOption = None,
) -> None:
    """Check the code of a strategy's folder as `algoops check` does, or of one file.

    A file is judged with the helper modules that it imports.
    Exit codes: 0 nothing refuses it, 1 refused, 2 the check itself could not run.
    """
    folder = settings_from(config).policies
    judge = _folders if file.is_dir() else _file
    checked = judge(file, folder, strict=strict)
    _write(file, checked, form)
    if not checked.safe:
        raise typer.Exit(EXIT_FAILED)


def _folders(folder: Path, policies: Path, *, strict: bool) -> CodeCheck:
    """A strategy's folder, or a folder of such folders."""
    from bot.checks.folders import folder_subject, strategy_folders  # noqa: PLC0415  # as below
    from bot.checks.subject import read_definition  # noqa: PLC0415  # a lone file needs neither

    rules = load_policies(policies)
    subjects = [folder_subject(path) for path in strategy_folders(folder)]
    judged = [
        judge_folder(subject, read_definition(subject, rules), rules.code, strict=strict)
        for subject in subjects
    ]
    passed = [
        name for name in judged[0].checks_passed if all(name in j.checks_passed for j in judged)
    ]
    return CodeCheck(tuple(f for j in judged for f in j.findings), tuple(passed))


def _file(file: Path, policies: Path, *, strict: bool) -> CodeCheck:
    judged = judge_code(_files(file), load_code_policy(policies), strict=strict)
    return CodeCheck(_named(file, judged.findings), judged.checks_passed)


def _files(file: Path) -> dict[str, bytes]:
    """The file, and those of its folder which it imports, directly or through each other."""
    own = _python_name(file.name)
    files = {"strategy.py" if str(file) == "-" else own: read_input(file)}
    waiting = [] if str(file) == "-" else [own]
    while waiting:
        name = waiting.pop()
        for found in local_files(files[name], name) - files.keys():
            path = file.parent / found
            if path.is_file():
                files[found] = read_input(path)
                waiting.append(found)
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


def _write(file: Path, checked: CodeCheck, form: ResultFormat) -> None:
    findings = checked.findings
    if form is ResultFormat.JSON:
        print_json(
            {
                "status": "validated" if checked.safe else "rejected",
                "safe": checked.safe,
                "findings": to_json(findings),
                "checks_passed": list(checked.checks_passed),
            }
        )
    elif form is ResultFormat.SARIF:
        print_json(to_sarif(findings))
    elif form is ResultFormat.GITHUB:
        sys.stdout.write(to_commands(findings))
    else:
        print_findings(findings)
        name = STDIN if str(file) == "-" else file
        verdict = "no rule refuses this code" if checked.safe else "refused"
        out.print(f"{name}: {verdict}", markup=False, highlight=False, soft_wrap=True)
