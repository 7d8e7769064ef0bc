"""What a rule is."""

from dataclasses import dataclass
from enum import StrEnum

from components.schema.results.values import Severity


class Group(StrEnum):
    """Families of rules, each of them a check of its own in `checks_passed`."""

    SOURCE = "source"
    IMPORTS = "imports"
    NAMES = "names"
    ATTRIBUTES = "attributes"
    STRINGS = "strings"
    STRUCTURE = "structure"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: stable name, as in findings, policies and docs/rules.md.
        instead: what to write instead; the hint of its findings where they bring none.
        example: a line or two that it refuses.
        weight: error refuses the file; a policy may change it (block, warn, off).
    """

    id: str
    group: Group
    title: str
    why: str
    instead: str
    example: str
    weight: Severity = Severity.ERROR


def rule(group: Group, id_: str, title: str, why: str, instead: str, example: str) -> Rule:
    """A row of the table; quality rules warn, all others refuse."""
    weight = Severity.WARNING if group is Group.QUALITY else Severity.ERROR
    return Rule(id_, group, title, why, instead, example, weight)
