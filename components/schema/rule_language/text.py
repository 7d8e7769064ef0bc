"""A rule's text -> its side and Python expression tree, bounded, with errors for people."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.schema.rule_language.problems import RuleProblem, RuleRefused

if TYPE_CHECKING:
    from components.schema.documents.bounds import Path

_SIDE = re.compile(r"\s*(long|short)\s*:", re.IGNORECASE)
_STRANGE = re.compile(r"[^A-Za-z0-9_.,()<>=!+\-*/\[\] ]")
_HABITS = {
    "&": "write `and`",
    "|": "write `or`",
    "$": "in rules a parameter is its bare name",
    ":": "a side stands once, in front: `short: close < open`",
    "'": "rules have no text",
    '"': "rules have no text",
    "%": "write the factor: 2 % is 0.02",
    "^": "write the product",
}
_LONE_EQUALS = re.compile(r"(?<![<>=!])=(?!=)")
_LONE_BANG = re.compile(r"!(?!=)")
# Python takes `1if x` and `0x1f` with a warning or as other numbers: neither is meant here.
_NUMBER_THEN_LETTER = re.compile(
    r"(?<![A-Za-z0-9_.])(?>[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?+(?=[A-Za-z_])"
)


@dataclass(frozen=True)
class ParsedRule:
    """A rule's tree; its columns count in the rule's own text, from 0, after adding `offset`."""

    side: str
    tree: ast.expr
    offset: int


def parse_rule(text: str, path: Path, longest: int) -> ParsedRule:
    """Parse one rule.

    Args:
        text: the rule, such as `short: crossunder(fast, slow)`.
        path: its place, for problems.
        longest: characters allowed.

    Raises:
        Refused: it is empty, too long, or not an expression.
    """
    if len(text) > longest:
        message = f"the rule has {len(text)} characters, allowed are {longest}"
        raise RuleRefused(
            RuleProblem(path, "rule-too-long", message, "split it: all rules must hold")
        )
    side = _SIDE.match(text)
    start = side.end() if side else 0
    body = re.sub(r"\s", " ", text[start:])
    offset = start + len(body) - len(body.lstrip())
    body = body.strip()
    if not body:
        raise RuleRefused(RuleProblem(path, "rule-syntax", "the rule is empty", "remove it"))
    _check_characters(body, path, offset)
    return ParsedRule(side.group(1).lower() if side else "long", _tree(body, path, offset), offset)


def _check_characters(body: str, path: Path, offset: int) -> None:
    if strange := _STRANGE.search(body):
        mark = strange.group()
        _refuse(path, f"`{mark}` has no meaning in a rule", _HABITS.get(mark, ""), strange, offset)
    if equals := _LONE_EQUALS.search(body):
        _refuse(path, "`=` does not compare", "write ==", equals, offset)
    if bang := _LONE_BANG.search(body):
        _refuse(path, "`!` has no meaning in a rule", "write `not`", bang, offset)
    if number := _NUMBER_THEN_LETTER.search(body):
        message = f"the number {number.group()} runs into a letter"
        _refuse(path, message, "numbers are written 30, 0.5 or 1e3", number, offset)


def _refuse(path: Path, message: str, hint: str, match: re.Match[str], offset: int) -> None:
    span = (match.start() + offset, match.end() + offset)
    raise RuleRefused(RuleProblem(path, "rule-syntax", message, hint, match.group(), span=span))


def _tree(body: str, path: Path, offset: int) -> ast.expr:
    try:
        return ast.parse(body, mode="eval").body
    except SyntaxError as error:
        at = min(max((error.offset or 1) - 1, 0), len(body) - 1)
        message = f"not an expression: {(error.msg or 'invalid syntax').lower()}"
    except (ValueError, MemoryError, RecursionError) as error:
        at, message = 0, f"not an expression: {error or 'nested too deeply'}"
    crosses = "write crossover(a, b) or crossunder(a, b)"
    hint = crosses if "cross" in body else "a rule compares: `close > sma and rsi < 30`"
    raise RuleRefused(
        RuleProblem(path, "rule-syntax", message, hint, span=(at + offset, at + offset + 1))
    )
