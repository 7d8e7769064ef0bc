"""What the YAML and the JSON reader share: bounds, positions, problems."""

from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]
"""Keys and indices from the top of a document."""

Span = tuple[int, int, int, int]
"""Line, column, end line, end column; all from 1, the end column is behind the last character."""


_EXACT_DIGITS = 19


@dataclass(frozen=True)
class Bounds:
    """Caps on an untrusted document.

    Attributes:
        size: bytes of the file.
        depth: levels of nesting.
        values: scalars and containers, counted after aliases are expanded.
    """

    size: int = 256 * 1024
    depth: int = 32
    values: int = 20_000


@dataclass(frozen=True)
class TextProblem:
    """Something wrong with a document's text."""

    rule: str
    message: str
    hint: str
    span: Span


@dataclass
class Reading:
    """What a reader gathers; `spans` maps a path to (key's span, value's span)."""

    value: Any = None
    problems: list[TextProblem] = field(default_factory=list)
    spans: dict[Path, tuple[Span, Span]] = field(default_factory=dict)


class Unreadable(Exception):
    """The text cannot be read on: carries the problem. Never leaves the readers."""

    def __init__(self, problem: TextProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def line_of(text: str, number: int) -> str:
    """A line of a text, counted from 1; empty behind its end."""
    lines = text.split("\n", number)
    return lines[number - 1].rstrip("\r") if number <= len(lines) else ""


def too_deep(bounds: Bounds, span: Span) -> Unreadable:
    """More nesting than allowed."""
    return Unreadable(
        TextProblem("too-deep", f"nested deeper than {bounds.depth} levels", "flatten it", span)
    )


def too_many(bounds: Bounds, span: Span) -> Unreadable:
    """More values than allowed, aliases expanded."""
    return Unreadable(
        TextProblem(
            "too-many-values",
            f"more than {bounds.values:,} values (aliases expanded)",
            "a definition needs a few hundred at most",
            span,
        )
    )


def duplicate_key(key: str, first: Span | None, span: Span) -> TextProblem:
    """The same key twice in one mapping."""
    where = f", first on line {first[0]}" if first else ""
    return TextProblem(
        "duplicate-key", f"key `{key[:60]}` is given twice{where}", "keep one of them", span
    )


def number_from(text: str) -> int | float:
    """A decimal integer, or a float where it is too long to be meant as an exact count."""
    return int(text) if len(text) <= _EXACT_DIGITS else float(text)
