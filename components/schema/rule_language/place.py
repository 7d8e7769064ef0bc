"""Where in a rule something is, for problems: one rule's path, offset and gathered problems."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from components.schema.rule_language.problems import RuleProblem, RuleRefused

if TYPE_CHECKING:
    from components.schema.documents.bounds import Path


@dataclass
class RulePlace:
    """One rule: its path in the definition, and where its expression starts in its text."""

    path: Path
    offset: int
    problems: list[RuleProblem] = field(default_factory=list)

    def refuse(
        self,
        node: ast.expr,
        rule: str,
        message: str,
        hint: str = "",
        *,
        found: str = "",
        allowed: str = "",
    ) -> NoReturn:
        """End the reading of this rule with a problem at `node`. Raises Refused."""
        raise RuleRefused(
            RuleProblem(self.path, rule, message, hint, found, allowed, span=self.span(node))
        )

    def refuse_known(self) -> NoReturn:
        """End the reading of this rule: its fault is a name that has a finding already."""
        raise RuleRefused(RuleProblem(self.path, "", ""))

    def note(self, node: ast.expr, rule: str, message: str) -> None:
        """A problem after which the rule can still be read on."""
        found = written(node)[:120]
        self.problems.append(
            RuleProblem(self.path, rule, f"`{found}`: {message}", found=found, span=self.span(node))
        )

    def span(self, node: ast.expr) -> tuple[int, int]:
        """First and last-plus-one character of a node in the rule's text, from 0."""
        end = node.end_col_offset if node.end_col_offset is not None else node.col_offset + 1
        return (node.col_offset + self.offset, end + self.offset)


def written(node: ast.expr) -> str:
    """A node as its author wrote it, more or less; `...` where it is nested too deeply to tell."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "..."
