"""Findings on a terminal: file, line, column, the line itself with a caret, what to do."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from bot.cli.common import out
from components.schema.results.values import Finding, Severity
from components.texts import harmless, printable

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def print_findings(findings: Iterable[Finding], console: Console = out) -> None:
    """Print findings for a person; nothing in them is read as markup."""
    for finding in findings:
        console.print(rendered(finding), soft_wrap=True, highlight=False)


def rendered(finding: Finding) -> Text:
    """One finding, of one to four lines."""
    text = Text(f"{_place(finding)}{finding.severity.value}", style=_STYLES[finding.severity])
    text.append(f": {printable(finding.message)} [{finding.rule}]", style="default")
    if finding.source_line:
        text.append(f"\n    {harmless(finding.source_line, keep='')}", style="dim")
        text.append(_caret(finding), style="green")
    if finding.hint:
        text.append(f"\n    hint: {printable(finding.hint, lines=True)}", style="cyan")
    return text


def _place(finding: Finding) -> str:
    parts = [finding.file, finding.line, finding.column if finding.line else None]
    known = ":".join(str(part) for part in parts if part)
    return f"{known}: " if known else ""


def _caret(finding: Finding) -> str:
    if finding.column is None or finding.column > len(finding.source_line):
        return ""
    one_line = finding.end_line in (None, finding.line)
    end = finding.end_column if one_line and finding.end_column else finding.column + 1
    width = max(1, min(end, len(finding.source_line) + 1) - finding.column)
    return "\n    " + " " * (finding.column - 1) + "^" * width
