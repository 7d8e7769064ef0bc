"""A rule's expression tree -> a term: only known names and operations, all of the past.

The tree is never compiled or executed as Python; each node is matched against the few kinds that
the language has, and everything else is refused by name.
"""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, Any, NoReturn

from components.schema.explain import near
from components.schema.rules import names
from components.schema.rules.calls import CALLS, Call
from components.schema.rules.ranges import ANY, Range
from components.schema.rules.scope import FUNCTIONS, Scope
from components.schema.rules.terms import MIRROR, Claim, Code, Term, contradiction, truth_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from components.schema.rules.place import Place

_COMPARE = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_ARITHMETIC = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
_DEEPEST = 40
_LONGEST_WINDOW = 10_000
_DEAREST = 100_000
_CONSTRUCTS = {
    "IfExp": "`if ... else`",
    "Tuple": "a list of values",
    "List": "a list",
    "Lambda": "`lambda`",
    "Starred": "`*`",
    "Slice": "a range of bars",
    "Set": "a set",
}


def lower_rule(tree: ast.expr, scope: Scope, place: Place) -> Term:
    """The term of a whole rule.

    Args:
        tree: the rule's expression.
        scope: names it may use; remembers those that it did.
        place: where the rule is; gains problems that don't stop its reading.

    Raises:
        Refused: it is not a condition of the rule language.
    """
    return _Lowering(scope, place).condition(tree, "a rule")


class _Lowering:
    def __init__(self, scope: Scope, place: Place) -> None:
        self.scope, self.place = scope, place
        self.depth = 0

    def term(self, node: ast.expr) -> Term:
        self.depth += 1
        if self.depth > _DEEPEST:
            message = f"nested deeper than {_DEEPEST} levels"
            self.place.refuse(node, "rule-syntax", message, "split it: all rules must hold")
        term = self.leaf(node) or self.branch(node)
        self.depth -= 1
        return term

    def leaf(self, node: ast.expr) -> Term | None:
        match node:
            case ast.Constant():
                return names.constant(node, self.place)
            case ast.Name():
                return names.name(node, self.scope, self.place)
            case ast.Attribute():
                return names.output(node, self.scope, self.place)
        return None

    def branch(self, node: ast.expr) -> Term:
        lower = _NODES.get(type(node))
        if lower is None:
            self.unknown_construct(node)
        return lower(self, node)

    def unknown_construct(self, node: ast.expr) -> NoReturn:
        what = _CONSTRUCTS.get(type(node).__name__, type(node).__name__)
        self.place.refuse(
            node,
            "rule-construct",
            f"{what} is not part of the rule language",
            f"comparisons, and/or/not, + - * /, lags like close[-1] and {', '.join(FUNCTIONS)} are",
        )

    def number(self, node: ast.expr, where: str) -> Term:
        term = self.term(node)
        if term.flag:
            self.place.refuse(node, "rule-kind", f"{where} must be a number, found a condition")
        return term

    def condition(self, node: ast.expr, where: str) -> Term:
        term = self.term(node)
        if not term.flag:
            self.place.refuse(
                node,
                "rule-kind",
                f"{where} must be a condition, found a number",
                "compare it: `rsi < 30`",
            )
        return term

    def lag(self, node: ast.Subscript) -> Term:
        term = self.term(node.value)
        if term.present:
            self.place.refuse(
                node, "rule-history", "`position` has no history: it is the position now"
            )
        if term.constant:
            self.place.refuse(
                node, "rule-kind", "a constant has no previous bars", "remove the [...]"
            )
        if term.flag:
            self.place.refuse(node, "rule-kind", "a condition has no lag", "lag the numbers in it")
        if isinstance(node.slice, ast.UnaryOp) and isinstance(node.slice.op, ast.USub):
            count, _ = self.count(node.slice.operand, "a lag", low=0)
        elif isinstance(node.slice, ast.Constant) and node.slice.value == 0:
            return term
        else:
            self.future(node)
        code = ["lag", term.code, count.code]
        return Term(flag=False, code=code, range=term.range, cost=term.cost)

    def future(self, node: ast.Subscript) -> NoReturn:
        inside = ast.unparse(node.slice)
        name = ast.unparse(node.value)
        if isinstance(node.slice, ast.Constant | ast.Name):
            self.place.refuse(
                node,
                "look-ahead",
                f"`{name}[{inside}]` is a bar after this one: it hasn't happened yet",
                f"`{name}` is this bar and `{name}[-1]` the one before",
                found=f"{name}[{inside}]",
            )
        hint = f"a lag is a whole number or a parameter: {name}[-1], {name}[-n]"
        self.place.refuse(node, "rule-lag", f"`[{inside}]` is not a lag", hint)

    def unary(self, node: ast.UnaryOp) -> Term:
        if isinstance(node.op, ast.Not):
            term = self.condition(node.operand, "what follows `not`")
            truth = None if term.truth is None else not term.truth
            return Term(
                flag=True,
                code=["not", term.code],
                truth=truth,
                present=term.present,
                cost=term.cost,
                constant=term.constant,
            )
        if not isinstance(node.op, ast.USub | ast.UAdd):
            self.place.refuse(node, "rule-construct", "this sign is not part of the rule language")
        term = self.number(node.operand, "what has a sign")
        if isinstance(node.op, ast.UAdd):
            return term
        code = ["num", -term.code[1]] if term.code[0] == "num" else ["neg", term.code]
        return Term(
            flag=False,
            code=code,
            range=-term.range,
            present=term.present,
            cost=term.cost,
            constant=term.constant,
        )

    def arithmetic(self, node: ast.BinOp) -> Term:
        name = _ARITHMETIC.get(type(node.op))
        if name is None:
            self.place.refuse(
                node,
                "rule-construct",
                f"{type(node.op).__name__} is not part of the rule language",
                "+ - * / are",
            )
        left = self.number(node.left, "what is calculated with")
        right = self.number(node.right, "what is calculated with")
        if name == "div" and right.range == Range(0.0, 0.0):
            self.place.refuse(node, "never-true", "division by zero", "the result is undefined")
        work = {"add": Range.__add__, "sub": Range.__sub__, "mul": Range.__mul__}
        bounds = work.get(name, Range.__truediv__)(left.range, right.range)
        return _joined([left, right], [name, left.code, right.code], flag=False, bounds=bounds)

    def combination(self, node: ast.BoolOp) -> Term:
        terms = [self.condition(part, "what is combined") for part in node.values]
        both = isinstance(node.op, ast.And)
        claims = tuple(claim for term in terms for claim in term.claims) if both else ()
        truth = _all_of(terms) if both else _any_of(terms)
        if truth is None and contradiction(claims):
            self.place.note(node, "never-true", "these conditions exclude one another")
            truth = False
        code = ["and" if both else "or", *(term.code for term in terms)]
        return _joined(terms, code, flag=True, truth=truth, claims=claims)

    def comparison(self, node: ast.Compare) -> Term:
        parts = [node.left, *node.comparators]
        terms = [self.number(part, "what is compared") for part in parts]
        ops = [_COMPARE.get(type(op)) for op in node.ops]
        if None in ops:
            self.place.refuse(
                node,
                "rule-construct",
                "this comparison is not part of the rule language",
                "< <= > >= == != are",
            )
        claims = tuple(
            Claim(a.code, str(op), b.code, a.range, b.range)
            for a, op, b in zip(terms, ops, terms[1:], strict=False)
        )
        truth = self.judged(node, claims)
        code = ["compare", ops, [term.code for term in terms]]
        return _joined(terms, code, flag=True, truth=truth, claims=claims)

    def judged(self, node: ast.Compare, claims: Sequence[Claim]) -> bool | None:
        truths = [truth_of(claim) for claim in claims]
        if False in truths or contradiction(claims):
            first = claims[truths.index(False)] if False in truths else claims[0]
            self.place.note(node, "never-true", "this comparison can never hold" + _because(first))
            return False
        if None in truths:
            return None
        self.place.note(node, "always-true", "this comparison always holds" + _because(claims[0]))
        return True

    def call(self, node: ast.Call) -> Term:
        if not isinstance(node.func, ast.Name):
            self.place.refuse(
                node, "rule-construct", "only functions of the rule language are called"
            )
        name = node.func.id
        call = CALLS.get(name)
        if call is None:
            self.unknown_function(node, name)
        if node.keywords:
            self.place.refuse(
                node, "rule-arguments", f"{name} takes no named arguments", call.usage
            )
        if not call.takes(len(node.args)):
            self.place.refuse(
                node,
                "rule-arguments",
                f"{name} is given {len(node.args)} arguments",
                f"write {call.usage}",
                found=str(len(node.args)),
            )
        return self.checked_call(node, call)

    def checked_call(self, node: ast.Call, call: Call) -> Term:
        terms: list[Term] = []
        window = 1
        for kind, argument in zip(call.kinds(len(node.args)), node.args, strict=True):
            if kind == "count":
                term, window = self.count(argument, f"the last argument of {call.name}", low=1)
            elif kind == "flag":
                term = self.condition(argument, f"the argument of {call.name}")
            else:
                term = self.number(argument, f"the argument of {call.name}")
            terms.append(term)
        if call.history and any(term.present for term in terms):
            self.place.refuse(
                node, "rule-history", "`position` has no history: it is the position now"
            )
        cost = window * sum(term.cost for term in terms)
        if cost > _DEAREST:
            message = f"the rule reads {cost:,} numbers on each bar, allowed are {_DEAREST:,}"
            self.place.refuse(node, "rule-too-costly", message, "shorten the windows")
        claims: tuple[Claim, ...] = ()
        truth = None
        if call.crossing is not None:
            claims = (_claim(call.crossing, terms),)
            truth = self.crossing(node, call.crossing, terms)
        code = ["call", call.name, *(term.code for term in terms)]
        bounds = call.bounds([term.range for term in terms])
        joined = _joined(terms, code, flag=call.flag, bounds=bounds, truth=truth, claims=claims)
        return Term(**{**vars(joined), "cost": cost})

    def crossing(self, node: ast.Call, op: str, terms: Sequence[Term]) -> bool | None:
        """False where one can't get from one side of the other to the other; else None."""
        after, before = _claim(op, terms), _claim(op.translate(MIRROR), terms)
        if all(term.constant for term in terms):
            self.place.note(node, "never-true", "constants never cross")
            return False
        for claim in (after, before):
            if truth_of(claim) is False:
                self.place.note(
                    node, "never-true", "this crossing can never happen" + _because(claim)
                )
                return False
        return None

    def count(self, node: ast.expr, where: str, *, low: int) -> tuple[Term, int]:
        """A whole number or a parameter of whole numbers, and the largest it can be."""
        term = self.number(node, where)
        whole = (term.code[0] == "num" and isinstance(term.code[1], int)) or (
            term.code[0] == "param" and self.scope.parameters[term.code[1]].whole
        )
        if not whole:
            self.place.refuse(
                node, "rule-count", f"{where} must be a whole number or a parameter of them"
            )
        if term.range.low < low or term.range.high > _LONGEST_WINDOW:
            bounds = f"{term.range.low:g} to {term.range.high:g}"
            found = f"{term.range.low:g}" if term.range.exact else bounds
            message = f"{where} is {found}, allowed: {low} to {_LONGEST_WINDOW}"
            self.place.refuse(node, "rule-count", message, found=found)
        return term, int(term.range.high)

    def unknown_function(self, node: ast.Call, name: str) -> NoReturn:
        hint = near(name, FUNCTIONS) or "TA-Lib functions are defined under `indicators`"
        self.place.refuse(
            node.func,
            "unknown-function",
            f"`{name}` is not a function of the rule language",
            hint,
            found=name,
            allowed=", ".join(FUNCTIONS),
        )


_NODES: Mapping[type[ast.expr], Callable[[_Lowering, Any], Term]] = {
    ast.Subscript: _Lowering.lag,
    ast.UnaryOp: _Lowering.unary,
    ast.BinOp: _Lowering.arithmetic,
    ast.BoolOp: _Lowering.combination,
    ast.Compare: _Lowering.comparison,
    ast.Call: _Lowering.call,
}


def _joined(
    terms: Sequence[Term],
    code: Code,
    *,
    flag: bool,
    bounds: Range = ANY,
    truth: bool | None = None,
    claims: tuple[Claim, ...] = (),
) -> Term:
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


def _all_of(terms: Sequence[Term]) -> bool | None:
    truths = [term.truth for term in terms]
    return False if False in truths else (None if None in truths else True)


def _any_of(terms: Sequence[Term]) -> bool | None:
    truths = [term.truth for term in terms]
    return True if True in truths else (None if None in truths else False)


def _claim(op: str, terms: Sequence[Term]) -> Claim:
    first, second = terms
    return Claim(first.code, op, second.code, first.range, second.range)


def _because(claim: Claim) -> str:
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
