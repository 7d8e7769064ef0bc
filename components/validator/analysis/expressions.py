"""The walk over expressions: names, attributes, calls, and what is done with each."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, ClassVar

from components.validator.analysis.index import INSPECTORS, Index, Place, Role
from components.validator.analysis.scopes import Binding, Kind, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_GROWING = frozenset({ast.Pow, ast.Mult, ast.LShift})
_UNKNOWN = frozenset({ast.Attribute, ast.Call, ast.Subscript})
"""Operands whose value nobody can tell: no constant comes of them."""
_HOLDERS = frozenset({ast.List, ast.Tuple, ast.JoinedStr, ast.BinOp})
_NAMED = frozenset({ast.Name, ast.Attribute})
_FIELDS: dict[type, tuple[str, ...]] = {
    ast.Expr: ("value",),
    ast.Await: ("value",),
    ast.YieldFrom: ("value",),
    ast.Starred: ("value",),
    ast.FormattedValue: ("value", "format_spec"),
    ast.JoinedStr: ("values",),
    ast.keyword: ("value",),
    ast.Slice: ("lower", "upper", "step"),
    ast.List: ("elts",),
    ast.Tuple: ("elts",),
    ast.Set: ("elts",),
    ast.Dict: ("keys", "values"),
    ast.Raise: ("exc", "cause"),
    ast.Delete: ("targets",),
    ast.Try: ("body", "handlers", "orelse", "finalbody"),
    ast.Match: ("subject", "cases"),
    ast.match_case: ("pattern", "guard", "body"),
    ast.MatchValue: ("value",),
    ast.MatchSequence: ("patterns",),
    ast.MatchOr: ("patterns",),
    ast.withitem: ("context_expr", "optional_vars"),
    ast.With: ("items", "body"),
    ast.AsyncWith: ("items", "body"),
    ast.Module: ("body",),
}


class Expressions:
    """The part of the walk that visits expressions; `handlers` has a method a node type."""

    handlers: ClassVar[dict[type, Callable[[Any, Any], None]]] = {}

    def __init__(self, found: Index) -> None:
        self.found = found
        self.scope = found.top
        self.value_role = Role.VALUE

    def body(self, nodes: Iterable[ast.AST | None]) -> None:
        """Visit several nodes in order."""
        handlers = self.handlers
        for node in nodes:
            if node is not None:
                handlers[node.__class__](self, node)

    def visit(self, node: ast.AST | None) -> None:
        """Visit one node, or nothing."""
        if node is not None:
            self.handlers[node.__class__](self, node)

    def fields(self, node: ast.AST) -> None:
        """Visit the children of a node that is nothing special itself."""
        for name in _FIELDS.get(type(node), node._fields):
            value = getattr(node, name, None)
            if value.__class__ is list:
                self.body(value)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def skip(self, node: ast.AST) -> None:
        """A leaf."""

    # --- names and attributes ---------------------------------------------------------------------

    def read(self, node: ast.AST, role: Role, call: ast.Call | None = None) -> None:
        """Visit an expression of which we know what is done with it."""
        if node.__class__ is ast.Name:
            self.found.loads[node.id].append((node, self.scope, role, (), call))
        elif node.__class__ is ast.Attribute:
            self.attribute(node, role, call)
        else:
            self.visit(node)

    def formatted(self, node: ast.FormattedValue) -> None:
        """`{value:spec}` of an f-string."""
        self.visit(node.value)
        if isinstance(node.format_spec, ast.JoinedStr):
            for part in node.format_spec.values:
                if isinstance(part, ast.Constant):
                    self.found.widths.append(part)
                elif isinstance(part, ast.FormattedValue):
                    self.found.computed_widths.append(Place(part.value, self.scope))
            self.visit(node.format_spec)

    def name(self, node: ast.Name) -> None:
        """A name that is read, or bound by an assignment of some kind."""
        if node.ctx.__class__ is ast.Load:
            self.found.loads[node.id].append((node, self.scope, self.value_role, (), None))
        else:
            if node.ctx.__class__ is ast.Del:
                self.found.deleted.add(node.id)
            self.bind(node.id, Kind.OTHER, node)

    def attribute(
        self, node: ast.Attribute, role: Role | None = None, call: ast.Call | None = None
    ) -> None:
        """A whole chain of attributes down to what it starts from."""
        role = role or self.value_role
        if node.ctx.__class__ is not ast.Load:
            role = Role.STORED
            self.found.stored_attributes.add(node.attr)
        chain = [node]
        scope, accesses = self.scope, self.found.accesses
        accesses[node.attr].append((node, scope, role, "", call))
        base: ast.expr = node.value
        while base.__class__ is ast.Attribute:
            accesses[base.attr].append((base, scope, Role.BASE, chain[-1].attr, None))
            chain.append(base)
            base = base.value
        if base.__class__ is ast.Name:
            self.found.loads[base.id].append((base, scope, role, tuple(chain[::-1]), call))
        else:
            self.visit(base)

    def bind(self, name: str, kind: Kind, node: ast.AST, path: str = "", member: str = "") -> None:
        """Record that a name gets a value."""
        self.found.bound.add(name)
        self.scope.bind(name, Binding(kind, node, self.scope, path, member))

    # --- expressions ------------------------------------------------------------------------------

    def call(self, node: ast.Call, role: Role = Role.CALLED) -> None:
        """A call: which function, and its arguments."""
        func = node.func
        if func.__class__ is ast.Attribute:
            self.found.calls[func.attr].append((node, self.scope))
        elif func.__class__ is ast.Name:
            self.found.calls[func.id].append((node, self.scope))
        elif func.__class__ is ast.Call or func.__class__ is ast.Subscript:
            self.found.results.append((node, self.scope))
        self.read(func, role, node)
        if func.__class__ is ast.Name and func.id in INSPECTORS:
            self.inspected(node.args)
        else:
            for arg in node.args:
                self.argument(arg, node)
        for item in node.keywords:
            if item.arg:
                self.found.keywords.add(item.arg)
            self.argument(item.value, node)

    def argument(self, node: ast.expr, call: ast.Call) -> None:
        """What is passed to a call."""
        if node.__class__ in _NAMED:
            self.read(node, Role.ARGUMENT, call)
        else:
            self.visit(node)

    def inspected(self, args: list[ast.expr]) -> None:
        """The arguments of getattr, isinstance and the like: looked at, not passed on."""
        for arg in args[:2]:
            for part in arg.elts if isinstance(arg, ast.Tuple) else [arg]:
                self.read(part, Role.INSPECTED)
        self.body(args[2:])

    def binary(self, node: ast.BinOp) -> None:
        """An operation; powers, products and shifts may be bombs."""
        if node.op.__class__ in _GROWING:
            telling = _tells(node)
        else:
            telling = node.op.__class__ is ast.Mod and _is_format(node)
        if telling:
            self.found.operations.append(Place(node, self.scope))
        part = self.items if node.op.__class__ is ast.BitOr else self.visit
        part(node.left)
        part(node.right)

    def unary(self, node: ast.UnaryOp) -> None:
        """`not x` only tests x."""
        self.read(node.operand, Role.TESTED if isinstance(node.op, ast.Not) else Role.VALUE)

    def compare(self, node: ast.Compare) -> None:
        """`is` gives nothing of its operands away; other comparisons call their methods."""
        identity = all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)
        role = Role.TESTED if identity else Role.COMPARED
        self.read(node.left, role)
        for item in node.comparators:
            self.read(item, role)

    def boolean(self, node: ast.BoolOp) -> None:
        """`a and b` is b, or an a that is false: never a module, as those are true."""
        tested = node.values[:-1] if isinstance(node.op, ast.And) else []
        for item in tested:
            self.read(item, Role.TESTED)
        self.body(node.values[len(tested) :])

    def choice(self, node: ast.IfExp | ast.If | ast.Assert) -> None:
        """Something with a test."""
        self.read(node.test, Role.TESTED)
        for name in ("body", "orelse", "msg"):
            value = getattr(node, name, None)
            self.body(value if isinstance(value, list) else (value,))

    def loop(self, node: ast.While) -> None:
        """A while loop."""
        self.found.loops.append((node, self.scope))
        self.read(node.test, Role.TESTED)
        self.body(node.body)
        self.body(node.orelse)

    def walrus(self, node: ast.NamedExpr) -> None:
        """`(name := value)` binds outside of comprehensions."""
        self.visit(node.value)
        self.bind(node.target.id, Kind.OTHER, node)

    def subscript(self, node: ast.Subscript) -> None:
        """`a[b]`; text inside may be a type in disguise."""
        self.found.slices.append(node.slice)
        if node.ctx.__class__ is ast.Load:
            self.items(node.value)
        else:
            self.read(node.value, Role.FILLED)
        self.key(node.slice)

    def key(self, node: ast.expr) -> None:
        """What stands between brackets: an index, or the types of a hint."""
        if node.__class__ in _NAMED and self.value_role is Role.VALUE:
            self.read(node, Role.KEY)
        elif isinstance(node, ast.Tuple | ast.List):
            for part in node.elts:
                self.key(part)
        else:
            self.visit(node)

    def items(self, node: ast.expr) -> None:
        """An expression of which only the items are taken."""
        if node.__class__ in _NAMED and self.value_role is Role.VALUE:
            self.read(node, Role.ITEM)
        else:
            self.visit(node)

    def dictionary(self, node: ast.Dict) -> None:
        """`{a: b, **c}`."""
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self.items(value)
            else:
                self.visit(key)
                self.visit(value)

    def star(self, node: ast.Starred) -> None:
        """`*items`."""
        self.found.starred.append((node, self.scope))
        self.visit(node.value)

    def comprehension(self, node: Any) -> None:
        """A comprehension has a scope of its own; its first iterable does not belong to it."""
        first = node.generators[0]
        if node.__class__ is not ast.GeneratorExp:
            self.found.comprehensions.append((node, self.scope))
        self.items(first.iter)
        outer = self.scope
        self.scope = Scope("function", outer, outer.owner, comprehension=True)
        for generator in node.generators:
            if generator is not first:
                self.visit(generator.iter)
            self.each(generator.target, generator.iter)
            for test in generator.ifs:
                self.read(test, Role.TESTED)
        for name in ("key", "value", "elt"):
            self.visit(getattr(node, name, None))
        self.scope = outer

    def each(self, target: ast.expr, iterable: ast.expr) -> None:
        """The target of a for."""
        if isinstance(target, ast.Name):
            self.bind(target.id, Kind.EACH, iterable)
        else:
            self.visit(target)


def _tells(node: ast.BinOp) -> bool:
    """Whether an operation may be judged: a product of a name only beside a text or a container."""
    left, right = node.left, node.right
    if node.op.__class__ is ast.Mult and ast.Call in (left.__class__, right.__class__):
        return ast.BinOp in (left.__class__, right.__class__) or _is_whole(left) or _is_whole(right)
    if left.__class__ in _UNKNOWN or right.__class__ in _UNKNOWN:
        return False
    if node.op.__class__ is not ast.Mult:
        return True
    if left.__class__ is not ast.Name and right.__class__ is not ast.Name:
        return True
    return any(
        side.__class__ in _HOLDERS
        or (side.__class__ is ast.Constant and side.value.__class__ in (str, bytes))
        for side in (left, right)
    )


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def _is_format(node: ast.BinOp) -> bool:
    """Whether `a % b` may be a text with its values, and no remainder."""
    left = node.left
    if isinstance(left, ast.Constant):
        return isinstance(left.value, str | bytes)
    return isinstance(left, ast.Name | ast.BinOp) and isinstance(node.right, ast.Tuple)
