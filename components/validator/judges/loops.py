"""Loops that never end: nothing inside leaves them, or nothing ends what they go through."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable  # noqa: TC003  # tables are typed with it
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.validator.analysis.scopes import Kind
from components.validator.registry.words import words

if TYPE_CHECKING:
    from components.validator.analysis.scopes import Scope
    from components.validator.judges.common import Case

_ENDLESS = frozenset({"itertools.count", "itertools.cycle"})
_LAZY = words("map filter enumerate zip starmap accumulate")
"""What gives an endless iterator where it is given one (islice and takewhile end)."""
_CONSUMERS = words("""
    list tuple set frozenset sum max min sorted deque dict len Counter fromiter array extend join
    fsum prod mean
""")
_GROWERS = words("append extend insert appendleft add push")
_COMPARED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SAME = (ast.Eq, ast.LtE, ast.GtE, ast.Is)
_DEPTH = 6


def judge(case: Case) -> None:
    """While loops, for loops, and what is drawn from an endless iterator at once."""
    for loop, scope in case.index.loops:
        if _endless(case, loop, scope) and not _leaves(loop.body):
            case.findings.add("endless-loop", loop, "nothing in this loop ever leaves it")
    for name in _CONSUMERS & case.index.calls.keys():
        for call, scope in case.index.calls[name]:
            if call.args and _never_ends(case, call.args[0], scope):
                case.findings.add("endless-loop", call, f"{name} of what never ends")
    for star, scope in case.index.starred:
        if _never_ends(case, star.value, scope):
            case.findings.add("endless-loop", star, "this goes through what never ends")
    for node, scope in case.index.comprehensions:
        if _never_ends(case, node.generators[0].iter, scope):
            case.findings.add("endless-loop", node, "this goes through what never ends")


def _endless(case: Case, loop: ast.While | ast.For | ast.AsyncFor, scope: Scope) -> bool:
    if isinstance(loop, ast.While):
        return _Test(case, scope).always(loop.test)
    return _never_ends(case, loop.iter, scope) or _feeds_itself(loop)


def _never_ends(case: Case, node: ast.AST, scope: Scope, depth: int = 0) -> bool:
    """Whether an iterator surely gives items for ever."""
    if depth > _DEPTH:
        return False
    if isinstance(node, ast.GeneratorExp):
        return _never_ends(case, node.generators[0].iter, scope, depth + 1)
    if isinstance(node, ast.Name):
        bindings, _ = scope.lookup(node.id)
        only = bindings[0] if len(bindings) == 1 else None
        if only is None or only.kind is not Kind.VALUE:
            return False
        return _never_ends(case, only.node, only.scope, depth + 1)
    return isinstance(node, ast.Call) and _gives_for_ever(case, node, scope, depth)


def _gives_for_ever(case: Case, node: ast.Call, scope: Scope, depth: int) -> bool:
    path = case.path(node.func, scope)
    if path == "itertools.repeat":
        return len(node.args) == 1 and not node.keywords
    if path == "builtins.iter":
        return len(node.args) == 2 and _makes_nothing(node.args)  # noqa: PLR2004  # callable, sentinel
    if path.rpartition(".")[2] not in _LAZY or not node.args:
        return path in _ENDLESS
    last = path in ("builtins.map", "builtins.filter", "itertools.starmap")
    sources = node.args if path == "builtins.zip" else node.args[-1:] if last else node.args[:1]
    return all(_never_ends(case, arg, scope, depth + 1) for arg in sources)


def _makes_nothing(args: list[ast.expr]) -> bool:
    """`iter(int, 1)`: int() is 0 for ever."""
    made, sentinel = args
    empty = {"int": 0, "float": 0, "str": "", "bool": False}
    known = isinstance(made, ast.Name) and made.id in empty
    return known and isinstance(sentinel, ast.Constant) and sentinel.value != empty[made.id]  # type: ignore[attr-defined]


def _feeds_itself(loop: ast.For | ast.AsyncFor) -> bool:
    """`for x in xs: xs.append(x)`, without a condition around it."""
    if not isinstance(loop.iter, ast.Name):
        return False
    calls = (item.value for item in loop.body if isinstance(item, ast.Expr))
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _GROWERS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == loop.iter.id
        for call in calls
    )


# --- tests that always hold -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Test:
    """A loop's test, and where it stands."""

    case: Case
    scope: Scope
    depth: int = 0

    def always(self, node: ast.AST) -> bool:
        """Whether it surely holds each time."""
        judge_kind = _KINDS.get(type(node))
        return self.depth <= _DEPTH and judge_kind is not None and judge_kind(self.deeper(), node)

    def deeper(self) -> _Test:
        """One step further inside."""
        return _Test(self.case, self.scope, self.depth + 1)

    def signed(self, node: ast.UnaryOp) -> bool:
        """`not x` and `-x`."""
        if isinstance(node.op, ast.Not):
            return _never(node.operand)
        return not isinstance(node.op, ast.Invert) and self.always(node.operand)

    def joined(self, node: ast.BoolOp) -> bool:
        """`a and b`, `a or b`."""
        every = [self.always(value) for value in node.values]
        return all(every) if isinstance(node.op, ast.And) else any(every)

    def named(self, node: ast.Name) -> bool:
        """A name that is a true constant wherever it is given a value."""
        found, _ = self.scope.lookup(node.id)
        self.case.project.spend(len(found))
        constants = (ast.Constant, ast.UnaryOp)
        return bool(found) and all(
            b.kind is Kind.VALUE and isinstance(b.node, constants) and self.always(b.node)
            for b in found
        )

    def kept(self, node: ast.Attribute) -> bool:
        """An attribute of one's own that is a true constant wherever a lone file gives it."""
        case, index = self.case, self.case.index
        if len(case.project.units) > 1 or not case.is_own(node.value, self.scope):
            return False
        stores = len(index.stores_of(node.attr))
        given = [place.node for place in index.attribute_values.get(node.attr, ())]
        case.project.spend(len(given) + len(index.class_bindings))
        for bindings in index.class_bindings.values():
            found = bindings.get(node.attr, [])
            stores += len(found)
            given += [b.node for b in found if b.kind is Kind.VALUE]
        constants = all(isinstance(value, ast.Constant) and value.value for value in given)
        return bool(given) and stores == len(given) and constants

    def called(self, node: ast.Call) -> bool:
        """`bool(1)`, `len("a")`."""
        plain = getattr(node.func, "id", "") in ("bool", "int", "len")
        return plain and len(node.args) == 1 and self.always(node.args[0])


def _written(_test: _Test, node: ast.JoinedStr) -> bool:
    return any(isinstance(part, ast.Constant) and part.value for part in node.values)


def _filled(_test: _Test, node: ast.Tuple | ast.List | ast.Set) -> bool:
    return bool(node.elts) and not any(isinstance(e, ast.Starred) for e in node.elts)


_KINDS: dict[type, Callable[[_Test, Any], bool]] = {
    ast.Constant: lambda _test, node: bool(node.value),
    ast.NamedExpr: lambda test, node: test.always(node.value),
    ast.UnaryOp: _Test.signed,
    ast.BoolOp: _Test.joined,
    ast.Compare: lambda _test, node: _compares(node),
    ast.Name: _Test.named,
    ast.Tuple: _filled,
    ast.List: _filled,
    ast.Set: _filled,
    ast.Dict: lambda _test, node: any(key is not None for key in node.keys),
    ast.IfExp: lambda test, node: test.always(node.body) and test.always(node.orelse),
    ast.Call: _Test.called,
    ast.Lambda: lambda _test, _node: True,
    ast.JoinedStr: _written,
    ast.Attribute: _Test.kept,
}


def _never(test: ast.expr) -> bool:
    if isinstance(test, ast.NamedExpr):
        return _never(test.value)
    if isinstance(test, ast.Tuple | ast.List):
        return not test.elts
    if isinstance(test, ast.Dict):
        return not test.keys
    return isinstance(test, ast.Constant) and not test.value


def _compares(test: ast.Compare) -> bool:
    """`1 < 2` and `x is x`; where the sides differ in kind it is nobody's business."""
    written = [test.left, *test.comparators]
    sides = [part.value if isinstance(part, ast.NamedExpr) else part for part in written]
    if all(isinstance(part, ast.Constant) for part in sides):
        return all(_holds(op, a, b) for op, a, b in zip(test.ops, sides, sides[1:], strict=False))
    return all(
        isinstance(op, _SAME) and isinstance(a, ast.Name) and ast.dump(a) == ast.dump(b)
        for op, a, b in zip(test.ops, sides, sides[1:], strict=False)
    )


def _holds(op: ast.cmpop, left: ast.expr, right: ast.expr) -> bool:
    compare = _COMPARED.get(type(op))
    if compare is None:
        return True
    try:
        return bool(compare(getattr(left, "value", None), getattr(right, "value", None)))
    except TypeError:
        return False


# --- ways out -------------------------------------------------------------------------------------


def _leaves(body: list[ast.stmt], *, inner: bool = False) -> bool:
    """Whether any statement can leave the loop: break, return, raise, yield, or a handled error."""
    return any(_statement_leaves(item, inner=inner) for item in body)


def _statement_leaves(node: ast.AST, *, inner: bool) -> bool:
    if isinstance(node, ast.Break):
        return not inner
    if isinstance(node, ast.Return | ast.Raise | ast.Yield | ast.YieldFrom | ast.Await):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "next":
        return True
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return False
    deeper = inner or isinstance(node, ast.For | ast.While | ast.AsyncFor)
    return any(_statement_leaves(child, inner=deeper) for child in ast.iter_child_nodes(node))
