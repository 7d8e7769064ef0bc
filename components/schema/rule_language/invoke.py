"""Calls in a rule: which functions there are, with which arguments, over how many bars."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NoReturn

from components.schema.documents.explain import near
from components.schema.rule_language.calls import CALLS, Call
from components.schema.rule_language.scope import FUNCTIONS, is_whole
from components.schema.rule_language.terms import (
    MIRROR,
    Term,
    because,
    claim_of,
    joined,
    truth_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.schema.rule_language.lower import Lowering

_LONGEST_WINDOW = 10_000
_DEAREST = 100_000


def call(lowering: Lowering, node: ast.Call) -> Term:
    """A call of one of the language's functions. Raises Refused."""
    if not isinstance(node.func, ast.Name):
        lowering.place.refuse(
            node, "rule-construct", "only functions of the rule language are called"
        )
    name = node.func.id
    call = CALLS.get(name)
    if call is None:
        _unknown_function(lowering, node, name)
    if node.keywords:
        lowering.place.refuse(
            node, "rule-arguments", f"{name} takes no named arguments", call.usage
        )
    if not call.takes(len(node.args)):
        lowering.place.refuse(
            node,
            "rule-arguments",
            f"{name} is given {len(node.args)} arguments",
            f"write {call.usage}",
            found=str(len(node.args)),
        )
    return _checked(lowering, node, call)


def _checked(lowering: Lowering, node: ast.Call, call: Call) -> Term:
    terms, window = _arguments(lowering, node, call)
    if call.history and any(term.present for term in terms):
        lowering.place.refuse(
            node, "rule-history", "`position` has no history: it is the position now"
        )
    cost = window * sum(term.cost for term in terms)
    if cost > _DEAREST:
        message = f"the rule reads {cost:,} numbers on each bar, allowed are {_DEAREST:,}"
        lowering.place.refuse(node, "rule-too-costly", message, "shorten the windows")
    crosses = call.crossing
    claims = () if crosses is None else (claim_of(crosses, terms),)
    truth = None if crosses is None else _crossing(lowering, node, crosses, terms)
    code = ["call", call.name, *(term.code for term in terms)]
    bounds = call.bounds([term.range for term in terms])
    made = joined(terms, code, flag=call.flag, bounds=bounds, truth=truth, claims=claims)
    return Term(**{**vars(made), "cost": cost})


def _arguments(lowering: Lowering, node: ast.Call, call: Call) -> tuple[list[Term], int]:
    """The arguments' terms, and how many bars the call reads."""
    terms: list[Term] = []
    window = 1
    for kind, argument in zip(call.kinds(len(node.args)), node.args, strict=True):
        if kind == "count":
            term, window = count(lowering, argument, f"the last argument of {call.name}", low=1)
        elif kind == "flag":
            term = lowering.condition(argument, f"the argument of {call.name}")
        else:
            term = lowering.number(argument, f"the argument of {call.name}")
        terms.append(term)
    return terms, window


def _crossing(lowering: Lowering, node: ast.Call, op: str, terms: Sequence[Term]) -> bool | None:
    """False where one can't get from one side of the other to the other; else None."""
    after, before = claim_of(op, terms), claim_of(op.translate(MIRROR), terms)
    if all(term.constant for term in terms):
        lowering.place.note(node, "never-true", "constants never cross")
        return False
    for claim in (after, before):
        if truth_of(claim) is False:
            lowering.place.note(
                node, "never-true", "this crossing can never happen" + because(claim)
            )
            return False
    return None


def count(lowering: Lowering, node: ast.expr, where: str, *, low: int) -> tuple[Term, int]:
    """A whole number or a parameter of whole numbers, and the largest it can be.

    Args:
        lowering: the rule it is part of.
        node: the number.
        where: what it is, for people.
        low: the smallest allowed.

    Raises:
        Refused: it is neither, or out of bounds.
    """
    term = lowering.number(node, where)
    whole = (term.code[0] == "num" and is_whole(term.code[1])) or (
        term.code[0] == "param" and lowering.scope.parameters[term.code[1]].whole
    )
    if not whole:
        lowering.place.refuse(
            node, "rule-count", f"{where} must be a whole number or a parameter of them"
        )
    if term.range.low < low or term.range.high > _LONGEST_WINDOW:
        bounds = f"{term.range.low:g} to {term.range.high:g}"
        found = f"{term.range.low:g}" if term.range.exact else bounds
        message = f"{where} is {found}, allowed: {low} to {_LONGEST_WINDOW}"
        lowering.place.refuse(node, "rule-count", message, found=found)
    return term, int(term.range.high)


def _unknown_function(lowering: Lowering, node: ast.Call, name: str) -> NoReturn:
    hint = near(name, FUNCTIONS) or "TA-Lib functions are defined under `indicators`"
    lowering.place.refuse(
        node.func,
        "unknown-function",
        f"`{name}` is not a function of the rule language",
        hint,
        found=name,
        allowed=", ".join(FUNCTIONS),
    )
