"""What a part of a rule is: its code for the guest, its bounds, and what it claims."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.schema.rule_language.ranges import ANY, Range, holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Code = list[Any]
"""One node of a program: [operation, operands...]."""

_SIDES = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "<>"}
MIRROR = str.maketrans("<>", "><")
"""Turns a comparison around."""
_ORDERED = {("low", name) for name in ("open", "close", "high")} | {
    ("open", "high"),
    ("close", "high"),
}
"""Pairs of series of which the first is never above the second, on the same bar."""


@dataclass(frozen=True)
class Claim:
    """`left op right`, which must hold wherever the term does."""

    left: Code
    op: str
    right: Code
    left_range: Range
    right_range: Range


@dataclass(frozen=True)
class Term:
    """A part of a rule.

    Attributes:
        flag: whether it is a condition; else a number.
        code: what the guest executes.
        range: bounds of a number.
        truth: whether a condition always (True) or never (False) holds, as far as is known.
        claims: comparisons that all hold whenever the condition does.
        present: it uses `position`, which has no history.
        cost: numbers read to compute it once.
        constant: it is the same on every bar.
    """

    flag: bool
    code: Code
    range: Range = ANY
    truth: bool | None = None
    claims: tuple[Claim, ...] = ()
    present: bool = False
    cost: int = 1
    constant: bool = False


def truth_of(claim: Claim) -> bool | None:
    """Whether one comparison always holds, never holds, or depends on the bar."""
    if claim.left == claim.right:
        return claim.op in ("<=", ">=", "==")
    known = holds(claim.left_range, claim.op, claim.right_range)
    return known if known is not None else _by_order(claim)


def _by_order(claim: Claim) -> bool | None:
    lower, higher = _bar(claim.left), _bar(claim.right)
    op = claim.op
    if lower and higher and lower[1] == higher[1]:
        if (higher[0], lower[0]) in _ORDERED:
            lower, higher, op = higher, lower, op.translate(MIRROR)
        if (lower[0], higher[0]) in _ORDERED:
            return {"<=": True, ">": False}.get(op)
    return None


def _bar(code: Code) -> tuple[str, str] | None:
    """A price series and its lag, where the code is one."""
    if code[0] == "series":
        return code[1], "0"
    if code[0] == "lag" and code[1][0] == "series":
        return code[1][1], json.dumps(code[2])
    return None


def contradiction(claims: Iterable[Claim]) -> bool:
    """Whether claims exclude one another: `rsi < 30` with `rsi > 70`, `a > b` with `a < b`."""
    bounds: dict[str, tuple[Range, bool, bool]] = {}
    relations: dict[tuple[str, str], set[str]] = {}
    for claim in claims:
        if _empty_bounds(claim, bounds) or _empty_relation(claim, relations):
            return True
    return False


def _empty_bounds(claim: Claim, bounds: dict[str, tuple[Range, bool, bool]]) -> bool:
    """Narrow what `x op number` allows for x; whether nothing is left."""
    if claim.right_range.exact:
        code, op, number, known = claim.left, claim.op, claim.right_range.low, claim.left_range
    elif claim.left_range.exact:
        op = claim.op.translate(MIRROR)
        code, number, known = claim.right, claim.left_range.low, claim.right_range
    else:
        return False
    key = json.dumps(code)
    now, open_low, open_high = bounds.get(key, (known, False, False))
    if op in (">", ">=", "==") and (number, op == ">") > (now.low, open_low):
        now, open_low = Range(number, now.high), op == ">"
    if op in ("<", "<=", "==") and (-number, op == "<") > (-now.high, open_high):
        now, open_high = Range(now.low, number), op == "<"
    bounds[key] = (now, open_low, open_high)
    return now.low > now.high or (now.low == now.high and (open_low or open_high))


def _empty_relation(claim: Claim, relations: dict[tuple[str, str], set[str]]) -> bool:
    """Narrow which of <, =, > two changing numbers can have; whether none is left."""
    left, right = json.dumps(claim.left), json.dumps(claim.right)
    allowed = {mark for mark in "<=>" if mark in _SIDES[claim.op]}
    if left > right:
        left, right = right, left
        allowed = {mark.translate(MIRROR) for mark in allowed}
    left_over = relations.get((left, right), {"<", "=", ">"}) & allowed
    relations[left, right] = left_over
    return not left_over


def joined(
    terms: Sequence[Term],
    code: Code,
    *,
    flag: bool,
    bounds: Range = ANY,
    truth: bool | None = None,
    claims: tuple[Claim, ...] = (),
) -> Term:
    """The term made of others: as present, as costly and as changing as they are together."""
    return Term(
        flag=flag,
        code=code,
        range=bounds,
        truth=truth,
        claims=claims,
        present=any(term.present for term in terms),
        cost=sum(term.cost for term in terms),
        constant=all(term.constant for term in terms),
    )


def claim_of(op: str, terms: Sequence[Term]) -> Claim:
    """The claim `first op second` about two terms."""
    first, second = terms
    return Claim(first.code, op, second.code, first.range, second.range)


def because(claim: Claim) -> str:
    """The bounds that settle a comparison, in words."""
    parts = [
        f"{_words(code)} is from {bounds.low:g} to {bounds.high:g}"
        for code, bounds in ((claim.left, claim.left_range), (claim.right, claim.right_range))
        if code[0] != "num" and math.isfinite(bounds.low) and math.isfinite(bounds.high)
    ]
    return f": {', '.join(parts)}" if parts else ""


def _words(code: Code) -> str:
    named = len(code) > 1 and isinstance(code[1], str) and code[0] != "call"
    return f"`{code[1]}`" if named else "one side"
