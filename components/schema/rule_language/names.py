"""The leaves of a rule: numbers, price series, indicators and their outputs, parameters."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, NoReturn

from components.schema.documents.explain import near
from components.schema.rule_language.calls import CALLS
from components.schema.rule_language.ranges import Range
from components.schema.rule_language.scope import POSITION, SERIES, RuleNames, output_row
from components.schema.rule_language.terms import Term
from components.schema.types import LARGEST

if TYPE_CHECKING:
    from components.schema.rule_language.place import RulePlace

_PYTHON_WORDS = ("and", "or", "not")


def constant(node: ast.Constant, place: RulePlace) -> Term:
    """A number as written. Raises Refused."""
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        place.refuse(node, "rule-construct", f"`{ast.unparse(node)}` is not a number")
    if not math.isfinite(value) or abs(value) > LARGEST:
        place.refuse(node, "rule-construct", f"the number is larger than {LARGEST:g}")
    return Term(flag=False, code=["num", value], range=Range(value, value), constant=True)


def name(node: ast.Name, scope: RuleNames, place: RulePlace) -> Term:
    """A bare name. Raises Refused."""
    word = node.id
    if word in SERIES:
        return Term(flag=False, code=["series", word], range=SERIES[word])
    if word == POSITION:
        return Term(flag=False, code=["position"], present=True)
    if word in scope.indicators:
        return _indicator(node, word, "", scope, place)
    if word in scope.parameters:
        return _parameter(node, scope, place)
    return _unknown(node, word, scope, place)


def output(node: ast.Attribute, scope: RuleNames, place: RulePlace) -> Term:
    """`indicator.output`. Raises Refused."""
    if not isinstance(node.value, ast.Name):
        place.refuse(node, "rule-construct", "`.` names an output of an indicator: macd.signal")
    word = node.value.id
    if word in scope.indicators:
        return _indicator(node, word, node.attr, scope, place)
    if word in SERIES or word in scope.parameters:
        message = f"`{word}` has no outputs: `.` is for indicators"
        place.refuse(node, "unknown-output", message, f"write `{word}`")
    return _unknown(node, word, scope, place)


def _indicator(node: ast.expr, word: str, row: str, scope: RuleNames, place: RulePlace) -> Term:
    info = scope.indicators[word]
    number = output_row(info, word, row, place.path, place.span(node))
    return Term(flag=False, code=["indicator", word, number], range=info.range)


def _parameter(node: ast.Name, scope: RuleNames, place: RulePlace) -> Term:
    info = scope.parameters[node.id]
    if info.kind == "text":
        message = f"parameter `{node.id}` is text: rules compare numbers"
        place.refuse(node, "rule-kind", message)
    if info.kind == "flag":
        return Term(flag=True, code=["flag", node.id], constant=True)
    return Term(flag=False, code=["param", node.id], range=info.range, constant=True)


def _unknown(node: ast.expr, word: str, scope: RuleNames, place: RulePlace) -> NoReturn:
    if word in scope.broken:
        place.refuse_known()
    hint = near(word, scope.known())
    if word.lower() in _PYTHON_WORDS:
        hint = f"write it small: {word.lower()}"
    if word in CALLS:
        hint = f"it is a function: {CALLS[word].usage}"
    place.refuse(
        node,
        "unknown-name",
        f"`{word}` is not a price series, an indicator or a parameter",
        hint or "define it under `indicators` or `parameters`",
        found=word,
        allowed=", ".join(scope.known()),
    )
