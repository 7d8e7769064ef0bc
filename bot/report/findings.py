"""PURE: findings as SARIF 2.1.0, workflow commands and JSON, escaped."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from components.schema.catalogue import RULES as SCHEMA_RULES
from components.schema.results.values import Finding, Severity
from components.texts import cut, printable
from components.validator.registry.rules import RULES

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RULES_PAGE = "docs/rules.md"
MESSAGE_CAP = 1_000
TITLE_CAP = 100
PATH_CAP = 300
SARIF_CAP = 5_000
"""Results that GitHub keeps of one upload; errors come first."""
COMMANDS_CAP = 50

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def to_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as they are, for machines: nothing is escaped, nothing cut."""
    return [finding.model_dump(mode="json") for finding in findings]


def to_sarif(findings: Iterable[Finding]) -> dict[str, Any]:
    """One SARIF 2.1.0 log with one run.

    Args:
        findings: of any check; errors come first, at most `SARIF_CAP` are kept.

    Returns:
        The log as a JSON document. Columns are counted in Unicode code points.
    """
    kept = _heaviest(findings, SARIF_CAP)
    ids = sorted({finding.rule for finding in kept})
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "AlgoOps",
                        "version": version("algoops"),
                        "rules": [_rule(rule) for rule in ids],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, ids) for finding in kept],
            }
        ],
    }


def to_commands(findings: Iterable[Finding]) -> str:
    """GitHub workflow commands, one a line: what a workflow's log turns into annotations.

    Whatever a finding quotes stays inside its own command: per cent signs, line ends, colons and
    commas are encoded, so no text from a proposal can begin a command of its own.
    """
    return "".join(f"{_command(f)}\n" for f in _heaviest(findings, COMMANDS_CAP))


def _heaviest(findings: Iterable[Finding], cap: int) -> list[Finding]:
    return sorted(findings, key=lambda finding: _WEIGHT[finding.severity])[:cap]


def _text(finding: Finding) -> str:
    parts = (finding.message, finding.hint)
    return cut(". ".join(printable(part).rstrip(".") for part in parts if part), MESSAGE_CAP)


# --- SARIF ----------------------------------------------------------------------------------------


def _rule(rule_id: str) -> dict[str, Any]:
    known = RULES.get(rule_id)
    if known is None and rule_id in SCHEMA_RULES:
        means, instead = SCHEMA_RULES[rule_id]
        return {"id": rule_id, "shortDescription": {"text": means}, "help": {"text": instead}}
    if known is None:
        return {"id": printable(rule_id), "shortDescription": {"text": printable(rule_id)}}
    return {
        "id": known.id,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.why},
        "help": {"text": f"{known.instead} See {RULES_PAGE}#{known.id}"},
        "defaultConfiguration": {"level": _LEVELS[known.weight]},
        "properties": {"tags": [str(known.group)]},
    }


def _result(finding: Finding, ids: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": printable(finding.rule),
        "ruleIndex": ids.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": _text(finding) or printable(finding.rule)},
    }
    # GitHub refuses a whole upload for one result without a place.
    result["locations"] = [{"physicalLocation": _location(finding)}]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(finding.file)}, "region": _region(finding)}


def _region(finding: Finding) -> dict[str, Any]:
    if not finding.line:
        return {"startLine": 1}
    region: dict[str, Any] = {"startLine": finding.line}
    if finding.column:
        region["startColumn"] = finding.column
    if finding.end_line and finding.line and finding.end_line >= finding.line:
        region["endLine"] = finding.end_line
        one_line = finding.end_line == finding.line
        if finding.end_column and (not one_line or finding.end_column > (finding.column or 1)):
            region["endColumn"] = finding.end_column
    if finding.source_line:
        region["snippet"] = {"text": printable(finding.source_line, lines=True)}
    return region


def _uri(path: str) -> str:
    """A relative reference: never absolute, never with a scheme, whatever the name holds."""
    harmless = quote(cut(path, PATH_CAP).encode("utf-8", "replace"), safe="/")
    return harmless.lstrip("/") or "."


# --- GitHub ---------------------------------------------------------------------------------------


def _command(finding: Finding) -> str:
    properties = {
        "file": cut(finding.file, PATH_CAP),
        "line": finding.line,
        "endLine": finding.end_line,
        "col": finding.column,
        "endColumn": finding.end_column,
        "title": cut(f"{finding.check}: {finding.rule}", TITLE_CAP),
    }
    given = ",".join(f"{name}={_property(str(v))}" for name, v in properties.items() if v)
    return f"::{_COMMANDS[finding.severity]} {given}::{_data(_text(finding))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
