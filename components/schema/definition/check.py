"""A strategy's definition: read, checked whole, compiled. Nothing an author writes raises."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from components.schema.definition.crosscheck import framework_problem, has_rules, problems_of
from components.schema.definition.fixes import with_fixes
from components.schema.definition.models import (
    PORTFOLIO,
    SCHEMA_VERSION,
    ParameterSpec,
    StrategyDefinition,
    parameter_values,
)
from components.schema.documents.bounds import line_of
from components.schema.documents.explain import dotted, findings_of, path_of
from components.schema.documents.reader import (
    MOST_FINDINGS,
    Document,
    capped,
    document_of,
    read_document,
)
from components.schema.policies.schema import SchemaPolicy
from components.schema.results.values import Finding, Severity
from components.schema.rule_language.compiler import compile_rules
from components.schema.rule_language.problems import RuleProblem

if TYPE_CHECKING:
    from components.schema.documents.bounds import Path

__all__ = [
    "SCHEMA_VERSION",
    "DefinitionCheck",
    "ParameterSpec",
    "StrategyDefinition",
    "check_definition",
    "parameter_values",
    "validate_mapping",
]


@dataclass(frozen=True)
class DefinitionCheck:
    """What came of checking a definition.

    Attributes:
        definition: the definition; None when an error was found.
        findings: all problems, in the order of the file; without an error it may be run.
        rules: the compiled program (JSON text) where rules trade, else "".
    """

    definition: StrategyDefinition | None
    findings: tuple[Finding, ...]
    rules: str

    @property
    def passed(self) -> bool:
        """Whether the definition may be used."""
        return self.definition is not None


def check_definition(
    data: bytes, file: str, *, folder: str | None, has_code: bool | None, policy: SchemaPolicy
) -> DefinitionCheck:
    """Check a definition file: its text, its fields, what they say together, its rules.

    Args:
        data: content of strategy.yaml or strategy.json.
        file: its path, for findings; `.json` is read as JSON.
        folder: name of the folder that holds it; None for a lone file.
        has_code: whether a strategy.py stands beside it; None: not known, so that a definition
            without any rules may still have code somewhere.
        policy: the operator's demands.

    Returns:
        The definition with everything found. Never raises for what `data` holds.
    """
    document = read_document(data, file)
    checked = _check(document, folder, policy, has_code=has_code)
    return replace(checked, findings=with_fixes(checked.findings, document))


def validate_mapping(
    obj: object, policy: SchemaPolicy | None = None, *, has_code: bool | None = None
) -> DefinitionCheck:
    """Check a definition that came as values (an HTTP body): findings have no file positions.

    Args:
        obj: the decoded JSON document.
        policy: the operator's demands; None: the defaults.
        has_code: whether there is a strategy.py; None: not known, so that rules are only warned
            about unless the definition says `framework: rules`.
    """
    return _check(document_of(obj), None, policy or SchemaPolicy(), has_code=has_code)


def _check(
    document: Document, folder: str | None, policy: SchemaPolicy, *, has_code: bool | None
) -> DefinitionCheck:
    if not document.readable:
        return DefinitionCheck(None, document.findings, "")
    refused = _not_a_definition(document)
    if refused is not None:
        return DefinitionCheck(None, (refused,), "")
    definition, found, broken = _model(document)
    if definition is None or len(found) > MOST_FINDINGS:
        return DefinitionCheck(None, found, "")
    problems = _required(document, policy, broken)
    problems += problems_of(definition, policy, None if "name" in broken else folder)
    program = _rules(document, definition, policy, broken, problems, has_code=has_code)
    findings = _merged(found, problems, document, policy)
    if found or any(f.severity is Severity.ERROR for f in findings):
        return DefinitionCheck(None, findings, "")
    return DefinitionCheck(definition, findings, program)


def _merged(
    found: tuple[Finding, ...],
    problems: list[RuleProblem],
    document: Document,
    policy: SchemaPolicy,
) -> tuple[Finding, ...]:
    """What the model and the other checks found, in the order of the file, up to the cap."""
    problems = [p for p in problems if not (p.rule == "yes-no-text" and _quoted(p, document))]
    # Errors first, so that a cap can't leave only warnings of a definition that has errors.
    problems.sort(key=lambda p: p.doubtful or policy.severity(p.rule) is not Severity.ERROR)
    more = [finding_of(problem, document, policy) for problem in problems[:MOST_FINDINGS]]
    every = sorted([*found, *more], key=lambda f: (f.line or 0, f.column or 0))
    return capped(tuple(every), len(found) + len(problems))


def _not_a_definition(document: Document) -> Finding | None:
    value = document.value
    if not isinstance(value, dict):
        empty = "the file is empty" if value is None else "this is not a mapping"
        return document.finding(
            (), "not-a-mapping", f"{empty}: a definition is `name: ...` and so on"
        )
    if "steps" in value and value.get("schema_version") != SCHEMA_VERSION:
        return document.finding(
            ("steps",),
            "schema-version",
            "this is a document of version 1.x (ordered `steps`)",
            key=True,
            allowed=SCHEMA_VERSION,
            hint="`algoops schema migrate FILE` converts it",
        )
    return None


def _model(
    document: Document,
) -> tuple[StrategyDefinition | None, tuple[Finding, ...], frozenset[str]]:
    """The model; with faults, what is left without the faulty parts, and their names."""
    try:
        return StrategyDefinition.model_validate(document.value), (), frozenset()
    except ValidationError as error:
        found = findings_of(error, document, StrategyDefinition)
        rest, broken = _without_faults(error, document.value)
    try:
        return StrategyDefinition.model_validate(rest), found, broken
    except ValidationError:
        # Fields that stand only together: what was found already is the answer.
        return None, found, broken


def _without_faults(
    error: ValidationError, value: dict[str, Any]
) -> tuple[dict[str, Any], frozenset[str]]:
    """The document without its faulty entries, so that the rest can be checked too.

    Returns:
        What is left, and what is not: names of parameters and indicators, dotted paths of fields.
    """
    rest: dict[str, Any] = {
        key: type(part)(part) if isinstance(part, dict | list) else part
        for key, part in value.items()
    }
    broken: set[str] = set()
    for item in error.errors(include_url=False):
        path = path_of(item, value)
        broken.add(dotted(path[:2]))
        broken |= _remove(rest, path, missing=item["type"] == "missing")
    return {"name": "unnamed", "description": "-", **rest}, frozenset(broken)


def _remove(rest: dict[str, Any], path: Path, *, missing: bool) -> set[str]:
    """Take a faulty entry out; names of parameters and indicators that went with it."""
    top = str(path[0]) if path else ""
    part = rest.get(top)
    if len(path) > 1 and isinstance(part, dict) and top in ("parameters", "indicators"):
        part.pop(path[1], None)
        return {str(path[1])}
    if len(path) > 1 and isinstance(part, list) and top in ("entry_rules", "exit_rules"):
        part[int(path[1])] = ""
        return set()
    if missing and len(path) == 1:
        return {top}
    rest.pop(top, None)
    return {top, *(str(key) for key in part)} if isinstance(part, dict) else {top}


def _required(
    document: Document, policy: SchemaPolicy, broken: frozenset[str]
) -> list[RuleProblem]:
    return [
        RuleProblem((field,), "missing-field", f"`{field}` is required here", "write it", key=True)
        for field in policy.required
        if field not in broken and document.value.get(field) in (None, "", [], {})
    ]


def _rules(
    document: Document,
    definition: StrategyDefinition,
    policy: SchemaPolicy,
    broken: frozenset[str],
    problems: list[RuleProblem],
    *,
    has_code: bool | None,
) -> str:
    """The compiled program where rules trade; adds to the problems."""
    unsure = has_code is None and definition.framework is None
    coded = has_code if has_code is not None else _sounds_coded(definition)
    problem = framework_problem(definition, policy, has_code=coded)
    if problem is not None and not unsure:
        problems.append(problem)
    silent = unsure and not (definition.entry_rules or definition.exit_rules)
    if silent or not has_rules(definition, has_code=coded):
        return ""
    compiled = compile_rules(definition, longest=policy.max_rule_length, broken=broken)
    # Sent without its folder, rules may be the documentation of code: no fault, then.
    unknown = has_code is None and definition.framework in (None, PORTFOLIO)
    doubtful = unknown and not document.file
    problems += [replace(p, doubtful=doubtful) for p in compiled.problems]
    if doubtful and compiled.problems:
        return ""
    return json.dumps(compiled.program, separators=(",", ":"))


def _sounds_coded(definition: StrategyDefinition) -> bool:
    """Whether a definition that came without its folder is of code: by what it says."""
    if definition.framework == PORTFOLIO:
        return not definition.entry_rules
    return definition.framework not in (None, "rules")


def finding_of(problem: RuleProblem, document: Document, policy: SchemaPolicy) -> Finding:
    """A problem at its place in the file, as grave as the policy says."""
    where = "" if problem.key else f"{dotted(problem.path)}: "
    found = problem.found
    if not found and problem.span is not None:
        found = _rule_text(document, problem)[slice(*problem.span)]
    finding = document.finding(
        problem.path,
        problem.rule,
        where + problem.message,
        key=problem.key,
        hint=problem.hint,
        found=found,
        allowed=problem.allowed,
        severity=Severity.WARNING if problem.doubtful else policy.severity(problem.rule),
    )
    return finding if problem.span is None else _inside_rule(finding, problem, document)


def _quoted(problem: RuleProblem, document: Document) -> bool:
    """Whether a text stands in quotes, so that it says itself that it is text."""
    span = document.span(problem.path)
    if span is None:
        return True
    line, column, _, _ = span
    return line_of(document.text, line)[column - 1 : column] in ("'", '"')


def _inside_rule(finding: Finding, problem: RuleProblem, document: Document) -> Finding:
    """The finding narrowed to the part of a rule that is at fault."""
    text = _rule_text(document, problem)
    start, end = problem.span or (0, len(text))
    if finding.line is None:
        return finding.model_copy(
            update={"source_line": text, "column": start + 1, "end_column": end + 1}
        )
    line = line_of(document.text, finding.line)
    at = line.find(text, (finding.column or 1) - 1)
    if at < 0 or at - (finding.column or 1) > 1:
        return finding
    return finding.model_copy(update={"column": at + start + 1, "end_column": at + end + 1})


def _rule_text(document: Document, problem: RuleProblem) -> str:
    field, number = problem.path
    return str(document.value[field][number])
