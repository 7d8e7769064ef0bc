"""Where an object comes from: what a library keeps for the whole process, by whatever detour."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from components.validator.analysis.scopes import Binding, Kind, Scope

if TYPE_CHECKING:
    from components.validator.judges.common import Case

_DEPTH = 6
_KEPT = frozenset(
    {"logging.getLogger", "logging.root", "decimal.getcontext", "talib.abstract.Function"}
)
"""What gives something that the library keeps."""

Place = tuple[ast.AST, Scope]


def origin(case: Case, node: ast.AST, scope: Scope, depth: int = 0) -> frozenset[str]:
    """Paths of the library's calls that an object may come from."""
    case.project.spend()
    if depth > _DEPTH:
        return frozenset()
    if (path := case.path(node, scope)) in _KEPT or path.startswith("talib.abstract."):
        return frozenset({path})
    if isinstance(node, ast.Call):
        path = case.path(node.func, scope)
        if path in _KEPT or path.startswith("numpy.random."):
            return frozenset({path})
    found = (origin(case, part, where, depth + 1) for part, where in _sources(case, node, scope))
    return frozenset().union(*found)


def _sources(case: Case, node: ast.AST, scope: Scope) -> list[Place]:
    """What an expression may be, or may be taken of."""
    parts: list[ast.expr] = []
    found: list[Place] = []
    match node:
        case ast.Call(func=func):
            found = _returned(case, node)
            parts = [func.value] if isinstance(func, ast.Attribute) else []
        case ast.Subscript(value=base):
            name = base.id if isinstance(base, ast.Name) else ""
            put = case.index.items.get(name, ())
            found, parts = [(p.node, p.scope) for p in put], [base]
        case ast.Attribute(value=base) if not case.is_own(base, scope):
            parts = [base]
        case ast.Attribute(attr=attr):
            found = [(p.node, p.scope) for p in case.index.attribute_values.get(attr, ())]
        case ast.Name():
            found = given(case, node, scope)
        case ast.NamedExpr(value=value):
            parts = [value]
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            pass
        case ast.Dict(values=parts) | ast.BoolOp(values=parts):
            pass
        case ast.IfExp():
            parts = [node.body, node.orelse]
    return [*found, *((part, scope) for part in parts)]


def given(case: Case, node: ast.Name, scope: Scope) -> list[Place]:
    """What a name may be given: once, in a loop, or as an argument of a function of the file's."""
    bindings, _ = scope.lookup(node.id)
    case.project.spend(len(bindings))
    found: list[Place] = []
    for binding in bindings:
        if isinstance(binding.node, ast.NamedExpr):
            found.append((binding.node.value, binding.scope))
        elif binding.kind in (Kind.VALUE, Kind.EACH):
            found.append((binding.node, binding.scope))
        elif binding.kind is Kind.PARAMETER:
            found += _passed(case, binding)
    return found


def _returned(case: Case, call: ast.Call) -> list[Place]:
    """What functions of the strategy's own by this name give back."""
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    units = case.project.units.values()
    return [(p.node, p.scope) for unit in units for p in unit.index.returns.get(name, ())]


def _passed(case: Case, binding: Binding) -> list[Place]:
    """What a parameter of the file's own function may be given, its default included."""
    name, owner = binding.scope.name, binding.scope.owner
    found: list[Place] = []
    for node, scope in case.index.functions:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name != name:
            continue
        places = [*node.args.posonlyargs, *node.args.args]
        if binding.node in places:
            at = places.index(binding.node)
            back = at - len(places)
            found += [(value, scope) for value in node.args.defaults[back : back + 1 or None]]
            for call, where in case.index.calls.get(name, ()):
                own = owner is not None and isinstance(call.func, ast.Attribute)
                found += [(value, where) for value in call.args[max(at - own, 0) :][:1]]
    for call, where in case.index.calls.get(name, ()):
        wanted = getattr(binding.node, "arg", "")
        found += [(item.value, where) for item in call.keywords if item.arg == wanted]
    case.project.spend(len(found) + len(case.index.functions))
    return found
