"""The code check: bytes of a strategy's Python files in, findings out. Pure, no IO."""

from __future__ import annotations

import ast
import keyword
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from components.schema.results.fixes import moved
from components.schema.results.values import Finding, Severity
from components.validator.analysis import source
from components.validator.analysis.notebook import Cut, cut_folder, is_test
from components.validator.analysis.project import Intricate, Project, Unit
from components.validator.analysis.walker import index
from components.validator.cache import Cache, blob_id
from components.validator.findings import Findings
from components.validator.judges import (
    attributes,
    bombs,
    by_name,
    imports,
    kinds,
    loops,
    names,
    notebook,
    quality,
    state,
    tests,
    texts,
)
from components.validator.judges.common import Case
from components.validator.registry.doors import Doors, doors_of
from components.validator.registry.rules import Group

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from components.schema.policies.code import CodePolicy

_MAIN = "strategy.py"
_KEPT = 4096
_COMPILED = (".so", ".pyd", ".pyc", ".pyo", ".pth", ".egg", ".zip")
_JUDGED = (".py", *_COMPILED)
_SPECIAL = frozenset({"sitecustomize", "usercustomize", "__main__"})


@dataclass(frozen=True)
class CodeCheck:
    """What the check says of one strategy's code.

    Attributes:
        findings: errors refuse, warnings inform; sorted by file and line.
        checks_passed: names of the groups of rules that ran on every file and found no error.
    """

    findings: tuple[Finding, ...]
    checks_passed: tuple[str, ...]

    @property
    def safe(self) -> bool:
        """Whether nothing refuses the code."""
        return not any(f.severity is Severity.ERROR for f in self.findings)


def check_code(
    files: Mapping[str, bytes],
    *,
    policy: CodePolicy,
    strict: bool = True,
    parameters: Collection[str] | None = None,
    prefix: str = "",
) -> CodeCheck:
    """Judge the Python files of one strategy's folder.

    Args:
        files: path inside the folder -> content; what doesn't end in `.py` is left alone.
        policy: what is open and what is closed.
        strict: False lowers imports that are merely unknown to warnings, and nothing else.
        parameters: names that the definition knows; None when it isn't at hand.
        prefix: put before file names in findings, such as `strategies/Cross/`.

    Returns:
        Findings and the groups of rules that passed. Never raises for what is in the files.
    """
    code = {path: files[path] for path in sorted(files) if path.endswith(_JUDGED)}
    names_ = None if parameters is None else frozenset(parameters)
    key = _key(code, policy, names_, strict=strict)
    known = CACHE.get(key)
    if known is None:
        known = _check(code, policy, names_, strict=strict)
        CACHE.put(key, known)
    if not prefix:
        return known
    return replace(known, findings=tuple(moved(f, prefix + f.file) for f in known.findings))


def check_source(
    content: bytes, *, policy: CodePolicy, strict: bool = True, file: str = _MAIN
) -> CodeCheck:
    """Judge one file by itself; see `check_code`."""
    return check_code({file: content}, policy=policy, strict=strict)


CACHE: Cache[CodeCheck] = Cache(_KEPT)


def _check(
    code: Mapping[str, bytes],
    policy: CodePolicy,
    parameters: frozenset[str] | None,
    *,
    strict: bool,
) -> CodeCheck:
    doors = doors_of(policy)
    reports = _Reports(policy, strict=strict)
    _folder(code, policy, doors, reports)
    project = Project(_units(code, policy, reports), doors)
    complete = len(project.units) == len(code)
    for unit in project.units.values():
        try:
            _judge(Case(unit, project, doors, reports.of(unit.file)), parameters)
        except Intricate:
            complete = False
            message = "names lead to each other in too many ways to be followed"
            reports.of(unit.file).at("source-size", 1, None, message, "Write it plainly.")
        except RecursionError:
            complete = False
            reports.of(unit.file).at("source-nesting", 1, None, "the code is nested too deeply")
    return reports.result(complete=complete)


def _judge(case: Case, parameters: Collection[str] | None) -> None:
    imports.judge(case)
    names.judge(case)
    attributes.judge(case)
    by_name.judge(case)
    texts.judge(case)
    state.judge(case)
    kinds.judge(case)
    tests.judge(case)
    bombs.judge(case)
    loops.judge(case)
    quality.judge(case, parameters)
    notebook.judge(case)


def _key(
    code: Mapping[str, bytes],
    policy: CodePolicy,
    parameters: frozenset[str] | None,
    *,
    strict: bool,
) -> tuple[object, ...]:
    content = tuple((path, blob_id(data)) for path, data in code.items())
    return (policy.fingerprint, strict, parameters, content)


class _Reports:
    """The findings of all files."""

    def __init__(self, policy: CodePolicy, *, strict: bool) -> None:
        self.policy = policy
        self.strict = strict
        self.files: dict[str, Findings] = {}

    def of(self, file: str, lines: list[str] | None = None) -> Findings:
        if file not in self.files:
            self.files[file] = Findings(file, lines or [], self.policy, strict=self.strict)
        return self.files[file]

    def result(self, *, complete: bool) -> CodeCheck:
        found = [f for report in self.files.values() for f in report.all]
        found.sort(key=lambda f: (f.file, f.line or 0, f.column or 0, f.rule))
        refused = {group for report in self.files.values() for group in report.refused}
        ran = list(Group) if complete else []
        passed = tuple(group.value for group in ran if group not in refused)
        return CodeCheck(tuple(found), passed)


def _folder(code: Mapping[str, bytes], policy: CodePolicy, doors: Doors, reports: _Reports) -> None:
    limits = policy.limits
    total = sum(len(content) for content in code.values())
    if len(code) > limits.files or total > limits.total_bytes:
        size = f"{len(code)} files with {total} bytes"
        bound = f"at most {limits.files} files with {limits.total_bytes} bytes are judged"
        reports.of("").at("source-size", 1, None, f"{size}; {bound}")
    for path in code:
        if path.endswith(_COMPILED):
            message = "Python would load this file, and nobody can read it"
            reports.of(path).at("file-name", 1, None, message)
            continue
        for name in path.removesuffix(".py").split("/"):
            if not name.isidentifier() or keyword.iskeyword(name):
                reports.of(path).at("file-name", 1, None, f"{name!r} can't be imported by name")
            elif name in doors.taken or name in _SPECIAL:
                message = f"{name!r} would stand in for the library of that name"
                reports.of(path).at("file-name", 1, None, message)


def _units(code: Mapping[str, bytes], policy: CodePolicy, reports: _Reports) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    if len(code) > policy.limits.files:
        return units
    cuts = cut_folder(code)
    for file, content in code.items():
        if file.endswith(_COMPILED):
            continue
        lines = content.removeprefix(source.BOM).decode("utf-8", "replace").split("\n")
        report = reports.of(file)
        report.lines = lines
        tree = source.parse(content, policy.limits)
        if isinstance(tree, source.SourceProblem):
            report.at(tree.rule, tree.line, tree.column, tree.message)
            continue
        cut = cuts[file]
        if cut.gone:
            tree = ast.parse(cut.content)
        try:
            unit = _unit(file, tree, lines, cut)
        except RecursionError:
            report.at("source-nesting", 1, None, "the code is nested too deeply")
            continue
        units[unit.path] = unit
    return units


def _unit(file: str, tree: ast.Module, lines: list[str], cut: Cut) -> Unit:
    return Unit(file, _module_path(file), index(tree), lines, is_test(file), cut)


def _module_path(file: str) -> str:
    parts = [part for part in file.removesuffix(".py").split("/") if part != "__init__"]
    return "." + ".".join(parts)
