"""The walk over the tree that fills an index."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from components.validator.index import INSPECTORS, Index, Place, Role
from components.validator.scopes import Binding, Kind, Scope

_GROWING = frozenset({ast.Pow, ast.Mult, ast.LShift})
_UNKNOWN = frozenset({ast.Name, ast.Attribute, ast.Call, ast.Subscript})
"""Operands whose value nobody can tell: no constant comes of them."""
_CODE = (ast.NamedExpr, ast.Lambda, ast.Call, ast.ListComp, ast.GeneratorExp, ast.DictComp)
_BAG = tuple[str, ...]
_FIELDS: dict[type, _BAG] = {
    ast.Expr: ("value",),
    ast.Return: ("value",),
    ast.Await: ("value",),
    ast.Yield: ("value",),
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
_OF_CLASSES = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
_SKIPPED = (ast.Constant, ast.Pass, ast.Break, ast.Continue, ast.MatchSingleton)


def index(tree: ast.Module) -> Index:
    """Walk a module. Raises RecursionError on a tree that is nested too deeply."""
    found = Index(tree)
    Walker(found).body(tree.body)
    return found


class Walker:
    """The walk. One method a node type; whatever has none is walked through its fields."""

    def __init__(self, found: Index) -> None:
        self.found = found
        self.scope = found.top
        self.value_role = Role.VALUE

    def body(self, nodes: Iterable[ast.AST | None]) -> None:
        """Visit several nodes in order."""
        handlers = HANDLERS
        for node in nodes:
            if node is not None:
                handlers[node.__class__](self, node)

    def visit(self, node: ast.AST | None) -> None:
        """Visit one node, or nothing."""
        if node is not None:
            HANDLERS[node.__class__](self, node)

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
            constants = [p for p in node.format_spec.values if isinstance(p, ast.Constant)]
            self.found.widths += constants
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
        self, node: ast.Attribute, role: Role = Role.VALUE, call: ast.Call | None = None
    ) -> None:
        """A whole chain of attributes down to what it starts from."""
        if node.ctx.__class__ is not ast.Load:
            role = Role.STORED
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
        self.read(func, role, node)
        if func.__class__ is ast.Name and func.id in INSPECTORS:
            self.inspected(node.args)
        else:
            self.body(node.args)
        for item in node.keywords:
            if item.arg:
                self.found.keywords.add(item.arg)
            self.visit(item.value)

    def inspected(self, args: list[ast.expr]) -> None:
        """The arguments of getattr, isinstance and the like: looked at, not passed on."""
        for arg in args[:2]:
            for part in arg.elts if isinstance(arg, ast.Tuple) else [arg]:
                self.read(part, Role.INSPECTED)
        self.body(args[2:])

    def binary(self, node: ast.BinOp) -> None:
        """An operation; powers, products and shifts may be bombs."""
        if (
            node.op.__class__ in _GROWING
            and node.left.__class__ not in _UNKNOWN
            and node.right.__class__ not in _UNKNOWN
        ):
            self.found.operations.append(Place(node, self.scope))
        self.visit(node.left)
        self.visit(node.right)

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
        self.found.loops.append(node)
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
        self.visit(node.value)
        self.visit(node.slice)

    def comprehension(self, node: Any) -> None:
        """A comprehension has a scope of its own; its first iterable does not belong to it."""
        first = node.generators[0]
        self.visit(first.iter)
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

    # --- statements -------------------------------------------------------------------------------

    def assign(self, node: ast.Assign) -> None:
        """`a = b = value`."""
        plain = all(target.__class__ is ast.Name for target in node.targets)
        plain = plain and self.scope.kind != "class"
        self.read(node.value, Role.ALIASED if plain else Role.VALUE)
        for target in node.targets:
            if target.__class__ is ast.Name:
                self.bind_value(target.id, node.value)
            else:
                self.put(target, node.value)

    def put(self, target: ast.expr, value: ast.expr) -> None:
        """`a.b = value`, `a[b] = value`, `a, b = value`."""
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            self.found.items[target.value.id].append(Place(value, self.scope))
        elif isinstance(target, ast.Attribute):
            self.found.attribute_values[target.attr].append(Place(value, self.scope))
        self.visit(target)

    def bind_value(self, name: str, value: ast.expr) -> None:
        """`name = value`."""
        if value.__class__ is ast.Name or value.__class__ is ast.Attribute:
            self.found.modules.add(name)
        self.bind(name, Kind.VALUE, value)

    def annotated(self, node: ast.AnnAssign) -> None:
        """`name: type = value`."""
        self.annotation(node.annotation)
        plain = isinstance(node.target, ast.Name)
        if node.value is None:
            if not plain:
                self.visit(node.target)
            return
        aliased = plain and self.scope.kind != "class"
        self.read(node.value, Role.ALIASED if aliased else Role.VALUE)
        if isinstance(node.target, ast.Name):
            self.bind_value(node.target.id, node.value)
        else:
            self.put(node.target, node.value)

    def augmented(self, node: ast.AugAssign) -> None:
        """`name += value` reads and binds."""
        if isinstance(node.op, ast.Pow | ast.Mult | ast.LShift):
            self.found.operations.append(Place(node, self.scope))
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            name = node.target
            self.found.loads[name.id].append((name, self.scope, Role.VALUE, (), None))
        self.visit(node.target)

    def annotation(self, node: ast.expr | None) -> None:
        """A type hint: code where it is code, and text that may be evaluated."""
        if node is None:
            return
        parts = list(ast.walk(node))
        outer = self.value_role
        self.value_role = Role.VALUE if any(isinstance(p, _CODE) for p in parts) else Role.TYPE
        self.visit(node)
        self.value_role = outer
        self.found.annotations += [
            part for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]

    def iterate(self, node: ast.For | ast.AsyncFor) -> None:
        """A for loop."""
        self.found.loops.append(node)
        self.visit(node.iter)
        self.each(node.target, node.iter)
        self.body(node.body)
        self.body(node.orelse)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A function: decorators, defaults and hints belong to the scope around it."""
        self.found.functions.append(Place(node, self.scope))
        self.decorators(node.decorator_list)
        self.bind(node.name, Kind.FUNCTION, node)
        if self.scope.kind == "class":
            self.found.stored.add(node.name)
        self.annotation(node.returns)
        first = _first(node) if self.scope.kind == "class" else Kind.PARAMETER
        self.inside(node.args, node.body, first, node.name)

    def decorators(self, nodes: list[ast.expr]) -> None:
        """What decorates a class or a function."""
        for node in nodes:
            if isinstance(node, ast.Call):
                self.call(node, Role.DECORATOR)
            else:
                self.read(node, Role.DECORATOR)

    def lambda_(self, node: ast.Lambda) -> None:
        """A lambda in a class body is a method, too."""
        first = Kind.FIRST if self.scope.kind == "class" else Kind.PARAMETER
        self.inside(node.args, [node.body], first)

    def inside(self, args: ast.arguments, body: list[Any], first: Kind, name: str = "") -> None:
        """The parameters and the body of a function."""
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        for arg in (*every, args.vararg, args.kwarg):
            if arg is not None:
                self.annotation(arg.annotation)
        self.body(args.defaults)
        self.body(args.kw_defaults)
        outer = self.scope
        self.scope = Scope("function", outer, outer.owner, name=name)
        for arg in (*every, args.vararg, args.kwarg):
            if arg is not None:
                kind = first if [*args.posonlyargs, *args.args][:1] == [arg] else Kind.PARAMETER
                self.bind(arg.arg, kind, arg)
        self.body(body)
        self.scope = outer

    def class_(self, node: ast.ClassDef) -> None:
        """A class: decorators, bases and keywords belong to the scope around it."""
        self.decorators(node.decorator_list)
        for base in node.bases:
            self.read(base, Role.DERIVED)
        self.body(node.keywords)
        outer = self.scope
        self.found.classes.append(Place(node, outer))
        self.bind(node.name, Kind.CLASS, node)
        self.scope = Scope("class", outer, node)
        self.body(node.body)
        self.found.stored.update(self.scope.bindings)
        self.found.stored.update(
            item.target.id
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        )
        self.scope = outer

    def import_(self, node: ast.Import) -> None:
        """`import a.b`, `import a.b as c`."""
        self.found.imports.append(Place(node, self.scope))
        for item in node.names:
            path = item.name if item.asname else item.name.partition(".")[0]
            name = item.asname or path
            self.found.modules.add(name)
            self.bind(name, Kind.MODULE, node, path)

    def import_from(self, node: ast.ImportFrom) -> None:
        """`from a import b as c`, `from . import b`, `from a import *`."""
        self.found.imports.append(Place(node, self.scope))
        path = "." * node.level + (node.module or "")
        for item in node.names:
            if item.name == "*":
                self.found.stars.append(Binding(Kind.MEMBER, node, self.scope, path, "*"))
                continue
            name = item.asname or item.name
            self.found.modules.add(name)
            self.bind(name, Kind.MEMBER, node, path, item.name)

    def global_(self, node: ast.Global) -> None:
        """`global a`: its bindings are the module's."""
        self.scope.global_names.update(node.names)

    def nonlocal_(self, node: ast.Nonlocal) -> None:
        """`nonlocal a`: its bindings are those of the functions around."""
        self.scope.nonlocal_names.update(node.names)

    def handler(self, node: ast.ExceptHandler) -> None:
        """`except kind as name`."""
        self.visit(node.type)
        if node.name:
            self.found.deleted.add(node.name)
            self.bind(node.name, Kind.OTHER, node)
        self.body(node.body)

    # --- match ------------------------------------------------------------------------------------

    def capture(self, node: Any) -> None:
        """A pattern that binds a name."""
        self.visit(getattr(node, "pattern", None))
        if name := getattr(node, "name", None) or getattr(node, "rest", None):
            self.bind(name, Kind.OTHER, node)
        self.body(getattr(node, "keys", ()))
        self.body(getattr(node, "patterns", ()))

    def class_pattern(self, node: ast.MatchClass) -> None:
        """`case Kind(attr=pattern)` reads attributes."""
        self.found.patterns.append(Place(node, self.scope))
        self.read(node.cls, Role.TESTED)
        self.body(node.patterns)
        self.body(node.kwd_patterns)


def _first(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Kind:
    """What the first parameter of a method is."""
    names = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
    if "staticmethod" in names:
        return Kind.PARAMETER
    return Kind.KLASS if "classmethod" in names or node.name in _OF_CLASSES else Kind.FIRST


Handler = Callable[[Walker, Any], None]


def _handlers() -> dict[type, Handler]:
    kinds = [k for k in vars(ast).values() if isinstance(k, type) and issubclass(k, ast.AST)]
    table: dict[type, Handler] = dict.fromkeys(kinds, Walker.fields)
    table.update(dict.fromkeys(_SKIPPED, Walker.skip))
    table.update(
        {
            ast.Name: Walker.name,
            ast.Attribute: Walker.attribute,
            ast.Call: Walker.call,
            ast.FormattedValue: Walker.formatted,
            ast.BinOp: Walker.binary,
            ast.UnaryOp: Walker.unary,
            ast.Compare: Walker.compare,
            ast.BoolOp: Walker.boolean,
            ast.IfExp: Walker.choice,
            ast.If: Walker.choice,
            ast.Assert: Walker.choice,
            ast.While: Walker.loop,
            ast.NamedExpr: Walker.walrus,
            ast.Subscript: Walker.subscript,
            ast.ListComp: Walker.comprehension,
            ast.SetComp: Walker.comprehension,
            ast.DictComp: Walker.comprehension,
            ast.GeneratorExp: Walker.comprehension,
            ast.Assign: Walker.assign,
            ast.AnnAssign: Walker.annotated,
            ast.AugAssign: Walker.augmented,
            ast.For: Walker.iterate,
            ast.AsyncFor: Walker.iterate,
            ast.FunctionDef: Walker.function,
            ast.AsyncFunctionDef: Walker.function,
            ast.Lambda: Walker.lambda_,
            ast.ClassDef: Walker.class_,
            ast.Import: Walker.import_,
            ast.ImportFrom: Walker.import_from,
            ast.Global: Walker.global_,
            ast.Nonlocal: Walker.nonlocal_,
            ast.ExceptHandler: Walker.handler,
            ast.MatchAs: Walker.capture,
            ast.MatchStar: Walker.capture,
            ast.MatchMapping: Walker.capture,
            ast.MatchClass: Walker.class_pattern,
        }
    )
    return table


HANDLERS = _handlers()
