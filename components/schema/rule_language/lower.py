"""A rule's expression tree -> a term: only known names and operations, all of the past.

The tree is never compiled or executed as Python; each node is matched against the few kinds that
the language has, and everything else is refused by name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NoReturn

from components.schema.rule_language import invoke, names
from components.schema.rule_language.place import written
from components.schema.rule_language.ranges import Range
from components.schema.rule_language.scope import FUNCTIONS, RuleNames
from components.schema.rule_language.terms import (
    Claim,
    Term,
    because,
    contradiction,
    joined,
    truth_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.schema.rule_language.place import RulePlace

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
_CONSTRUCTS = {
    "IfExp": "`if ... else`",
    "Tuple": "a list of values",
    "List": "a list",
    "Lambda": "`lambda`",
    "Starred": "`*`",
    "Slice": "a range of bars",
    "Set": "a set",
}


def lower_rule(tree: ast.expr, scope: RuleNames, place: RulePlace) -> Term:
    """The term of a whole rule.

    Args:
        tree: the rule's expression.
        scope: names it may use; remembers those that it did.
        place: where the rule is; gains problems that don't stop its reading.

    Raises:
        Refused: it is not a condition of the rule language.
    """
    return Lowering(scope, place).condition(tree, "a rule")


class Lowering:
    """One rule on its way down: its scope, its place, how deep it is nested."""

    def __init__(self, scope: RuleNames, place: RulePlace) -> None:
        self.scope, self.place = scope, place
        self.depth = 0

    def term(self, node: ast.expr) -> Term:
        """The term of any node. Raises Refused."""
        self.depth += 1
        if self.depth > _DEEPEST:
            message = f"nested deeper than {_DEEPEST} levels"
            self.place.refuse(node, "rule-syntax", message, "split it: all rules must hold")
        term = self._plain(node) or self._branch(node)
        self.depth -= 1
        return term

    def _plain(self, node: ast.expr) -> Term | None:
        match node:
            case ast.Constant():
                return names.constant(node, self.place)
            case ast.Name():
                return names.name(node, self.scope, self.place)
            case ast.Attribute():
                return names.output(node, self.scope, self.place)
            case ast.Call():
                return invoke.call(self, node)
        return None

    def _branch(self, node: ast.expr) -> Term:
        match node:
            case ast.Subscript():
                return self._lag(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.BoolOp():
                return self._combination(node)
            case ast.Compare():
                return self._comparison(node)
        return self._unknown_construct(node)

    def _unknown_construct(self, node: ast.expr) -> NoReturn:
        what = _CONSTRUCTS.get(type(node).__name__, type(node).__name__)
        self.place.refuse(
            node,
            "rule-construct",
            f"{what} is not part of the rule language",
            f"comparisons, and/or/not, + - * /, lags like close[-1] and {', '.join(FUNCTIONS)} are",
        )

    def number(self, node: ast.expr, where: str) -> Term:
        """A term that must be a number; `where` says of what, for people. Raises Refused."""
        term = self.term(node)
        if term.flag:
            self.place.refuse(node, "rule-kind", f"{where} must be a number, found a condition")
        return term

    def condition(self, node: ast.expr, where: str) -> Term:
        """A term that must be a condition. Raises Refused."""
        term = self.term(node)
        if not term.flag:
            self.place.refuse(
                node,
                "rule-kind",
                f"{where} must be a condition, found a number",
                "compare it: `rsi < 30`",
            )
        return term

    def _lag(self, node: ast.Subscript) -> Term:
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
            count, _ = invoke.count(self, node.slice.operand, "a lag", low=0)
        elif isinstance(node.slice, ast.Constant) and node.slice.value == 0:
            return term
        else:
            self._future(node)
        code = ["lag", term.code, count.code]
        return Term(flag=False, code=code, range=term.range, cost=term.cost)

    def _future(self, node: ast.Subscript) -> NoReturn:
        inside, name = written(node.slice), written(node.value)
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

    def _unary(self, node: ast.UnaryOp) -> Term:
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

    def _arithmetic(self, node: ast.BinOp) -> Term:
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
        return joined([left, right], [name, left.code, right.code], flag=False, bounds=bounds)

    def _combination(self, node: ast.BoolOp) -> Term:
        terms = [self.condition(part, "what is combined") for part in node.values]
        both = isinstance(node.op, ast.And)
        claims = tuple(claim for term in terms for claim in term.claims) if both else ()
        truth = _all_of(terms) if both else _any_of(terms)
        if truth is None and contradiction(claims):
            self.place.note(node, "never-true", "these conditions exclude one another")
            truth = False
        code = ["and" if both else "or", *(term.code for term in terms)]
        return joined(terms, code, flag=True, truth=truth, claims=claims)

    def _comparison(self, node: ast.Compare) -> Term:
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
        truth = self._judged(node, claims)
        code = ["compare", ops, [term.code for term in terms]]
        return joined(terms, code, flag=True, truth=truth, claims=claims)

    def _judged(self, node: ast.Compare, claims: Sequence[Claim]) -> bool | None:
        truths = [truth_of(claim) for claim in claims]
        if False in truths or contradiction(claims):
            first = claims[truths.index(False)] if False in truths else claims[0]
            self.place.note(node, "never-true", "this comparison can never hold" + because(first))
            return False
        if None in truths:
            return None
        self.place.note(node, "always-true", "this comparison always holds" + because(claims[0]))
        return True


def _all_of(terms: Sequence[Term]) -> bool | None:
    truths = [term.truth for term in terms]
    return False if False in truths else (None if None in truths else True)


def _any_of(terms: Sequence[Term]) -> bool | None:
    truths = [term.truth for term in terms]
    return True if True in truths else (None if None in truths else False)
