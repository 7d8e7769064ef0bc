"""What is wrong with a rule or an indicator: a place in the definition, and words for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.schema.documents.bounds import Path


@dataclass(frozen=True)
class RuleProblem:
    """One problem of the rule language.

    Attributes:
        path: keys and indices of the value at fault.
        rule: rule id of the finding.
        span: first and last-plus-one character inside a rule's text, from 0; None: all of it.
        key: the key is at fault, not its value.
        doubtful: whether it matters is not known: a warning at most.
    """

    path: Path
    rule: str
    message: str
    hint: str = ""
    found: str = ""
    allowed: str = ""
    span: tuple[int, int] | None = None
    key: bool = False
    doubtful: bool = False


class RuleRefused(Exception):
    """A rule cannot be read on: carries the problem. Never leaves this package."""

    def __init__(self, problem: RuleProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem
