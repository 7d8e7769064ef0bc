"""Collects the findings of one file, with the line at fault, weighed by the policy."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Protocol

from components.schema.results.fixes import Edit, diff_of
from components.schema.results.values import CheckName, Finding, Severity
from components.validator.registry.rules import RULES, Group

if TYPE_CHECKING:
    from components.schema.policies.code import CodePolicy

LINE_LENGTH = 200
_LOWERED = "import-unknown"


class Placed(Protocol):
    """Anything with a place in the source: what `ast` gives lines and columns to."""

    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


class Findings:
    """Findings of one file, in the order of the rules that made them.

    Args:
        file: the name that they carry.
        lines: the file's lines, for `source_line`.
        policy: sets weights, and how many findings are kept.
        strict: False lowers imports that are merely unknown to warnings.
    """

    def __init__(self, file: str, lines: list[str], policy: CodePolicy, *, strict: bool) -> None:
        self.file = file
        self.lines = lines
        self.policy = policy
        self.strict = strict
        self.all: list[Finding] = []
        self.refused: set[Group] = set()
        self._seen: set[tuple[str, int, int, str]] = set()

    @property
    def room(self) -> bool:
        """Whether one more finding would be kept; else no fix has to be looked for."""
        return len(self.all) < 2 * self.policy.limits.findings

    def add(
        self,
        rule: str,
        node: Placed | ast.AST,
        message: str,
        hint: str = "",
        edit: Edit | None = None,
    ) -> None:
        """Record what was found at a node, with the edit after which it is gone."""
        end = getattr(node, "end_lineno", None)
        line, offset = _start(node)
        column = self.column(line, offset)
        stop = self.column(end, getattr(node, "end_col_offset", None) or 0) if end else None
        if self.at(rule, line, column, message, hint, (end, stop)) and edit is not None:
            fix = diff_of(self.lines, edit, self.file)
            self.all[-1] = self.all[-1].model_copy(update={"fix": fix})

    def at(
        self,
        rule: str,
        line: int,
        column: int | None,
        message: str,
        hint: str = "",
        end: tuple[int | None, int | None] = (None, None),
    ) -> bool:
        """Record what was found at a place; lines and columns count from 1, also of its `end`.

        Returns:
            Whether it was recorded: not when its rule is off, or there is enough already.
        """
        severity = self._weight(rule)
        key = (rule, line, column or 0, message)
        if severity is None or key in self._seen:
            return False
        self._seen.add(key)
        if severity is Severity.ERROR:
            self.refused.add(RULES[rule].group)
        if len(self.all) >= self.policy.limits.findings and severity is not Severity.ERROR:
            return False
        if not self.room:
            return False
        self.all.append(
            Finding(
                check=CheckName.CODE,
                rule=rule,
                severity=severity,
                message=message,
                hint=hint or RULES[rule].instead,
                file=self.file,
                line=line,
                column=column,
                end_line=end[0],
                end_column=end[1],
                source_line=self._source(line),
            )
        )
        return True

    def _weight(self, rule: str) -> Severity | None:
        wanted = self.policy.rules.get(rule)
        if wanted == "off":
            return None
        if wanted is not None:
            return Severity.ERROR if wanted == "block" else Severity.WARNING
        if rule == _LOWERED and not self.strict:
            return Severity.WARNING
        return RULES[rule].weight

    def column(self, line: int, offset: int) -> int:
        """The column (from 1) of an offset of `ast`, which counts bytes of UTF-8."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        if text.isascii():
            return offset + 1
        return len(text.encode()[:offset].decode("utf-8", "ignore")) + 1

    def _source(self, line: int) -> str:
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return text.rstrip("\r")[:LINE_LENGTH]


def _start(node: Placed | ast.AST) -> tuple[int, int]:
    """Where to point: at the attribute's own name rather than at the chain before it."""
    if isinstance(node, ast.Attribute) and node.end_lineno and node.end_col_offset:
        return node.end_lineno, node.end_col_offset - len(node.attr.encode())
    return getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
