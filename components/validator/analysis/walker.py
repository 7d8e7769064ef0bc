"""The walk over statements and patterns, and with it over a whole module."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from components.validator.analysis.expressions import Expressions
from components.validator.analysis.index import Index, Place, Role
from components.validator.analysis.scopes import Binding, Kind, Scope

_CODE = (ast.NamedExpr, ast.Lambda, ast.Call, ast.ListComp, ast.GeneratorExp, ast.DictComp)
_OF_CLASSES = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
_GIVEN = {
    "__get__": (Kind.FIRST, Kind.HOST, Kind.HOST),
    "__set__": (Kind.FIRST, Kind.HOST),
    "__delete__": (Kind.FIRST, Kind.HOST),
    "__set_name__": (Kind.FIRST, Kind.HOST, Kind.SLOT),
}
"""What Python gives the methods of a descriptor, argument by argument."""
_SKIPPED = (ast.Constant, ast.Pass, ast.Break, ast.Continue, ast.MatchSingleton)


def index(tree: ast.Module) -> Index:
    """Walk a module. Raises RecursionError on a tree that is nested too deeply."""
    found = Index(tree)
    Walker(found).body(tree.body)
    return found


class Walker(Expressions):
    """The walk. One method a node type; whatever has none is walked through its fields."""

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
            self.found.loads[name.id].append((name, self.scope, Role.FILLED, (), None))
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
        self.found.loops.append((node, self.scope))
        self.items(node.iter)
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
        kinds: tuple[Kind, ...] = (Kind.PARAMETER,)
        if self.scope.kind == "class":
            kinds = _GIVEN.get(node.name) or (_first(node),)
        self.inside(node.args, node.body, kinds, node.name)

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
        self.inside(node.args, [node.body], (first,))

    def inside(
        self, args: ast.arguments, body: list[Any], kinds: tuple[Kind, ...], name: str = ""
    ) -> None:
        """The parameters and the body of a function."""
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        for arg in (*every, args.vararg, args.kwarg):
            if arg is not None:
                self.annotation(arg.annotation)
        self.body(args.defaults)
        self.body(args.kw_defaults)
        outer = self.scope
        self.scope = Scope("function", outer, outer.owner, name=name)
        given = [*args.posonlyargs, *args.args]
        for position, arg in enumerate((*every, args.vararg, args.kwarg)):
            if arg is not None:
                known = position < min(len(kinds), len(given))
                self.bind(arg.arg, kinds[position] if known else Kind.PARAMETER, arg)
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
        self.found.class_bindings[node] = self.scope.bindings
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

    def returned(self, node: ast.Return | ast.Yield) -> None:
        """`return value`, `yield value`."""
        if node.value is not None:
            self.found.returns[self.scope.name].append(Place(node.value, self.scope))
            self.visit(node.value)

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


_SPECIAL: dict[type, Handler] = {
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
    ast.Dict: Walker.dictionary,
    ast.Starred: Walker.star,
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
    ast.Yield: Walker.returned,
    ast.Return: Walker.returned,
}


def _handlers() -> dict[type, Handler]:
    """Each kind of node of this Python: all fields are walked unless it has a method of its own."""
    kinds = [k for k in vars(ast).values() if isinstance(k, type) and issubclass(k, ast.AST)]
    return dict.fromkeys(kinds, Walker.fields) | dict.fromkeys(_SKIPPED, Walker.skip) | _SPECIAL


Walker.handlers = _handlers()
