"""What may be done with the class of an object: named and compared, never handed on.

The class of an array, `type(np.zeros(1))`, makes arrays over memory of the caller's choice. Where a
class is put into a list, passed, returned or kept, nobody can tell any more what is called later.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from components.validator.analysis.index import Access, Role
from components.validator.analysis.scopes import Binding, Kind, Scope
from components.validator.judges import state
from components.validator.judges.origins import origin
from components.validator.registry.words import words

if TYPE_CHECKING:
    from components.validator.judges.common import Case

_NAMES = words("__name__ __qualname__ __module__")
_TAKERS = words("print str repr hash id bool format isinstance issubclass")
"""Builtins that only look at what they are given."""
_LOGS = words("debug info warning error exception critical log")
_HANDLING = words("emit handle filter format formatMessage")
"""A strategy's own handlers, filters and formatters are given what is logged."""
_COMPARING = words("__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __contains__")
_LOOKING_UP = words("__getitem__ __missing__ __class_getitem__")
_WRAPPERS = words("property classmethod staticmethod cached_property setter getter override")
_DEPTH = 6
_HINT = "Compare it, use isinstance(), or take its name: type(x).__name__."
_CONTAINERS = ast.Tuple | ast.List | ast.Set

Parents = dict[ast.AST, ast.AST]


def judge(case: Case) -> None:
    """Every `type(x)` and `x.__class__` of something that isn't the strategy's own."""
    calls, classes = case.index.calls.get("type", []), case.index.accesses_of("__class__")
    if not calls and not classes:
        return
    parents = {child: node for node in ast.walk(case.index.tree) for child in _children(node)}
    for call, scope in calls:
        if _gives_class(case, call, scope) and not _is_quiet(case, call, scope, parents):
            message = "the class of something unknown is handed on"
            case.findings.add("dynamic-class", call, message, _HINT)
    for access in classes:
        node, scope = access.node, access.scope
        handed = access.role is Role.COMPARED and not case.is_own(node.value, scope)
        if handed and not _is_quiet(case, node, scope, parents):
            case.findings.add("dynamic-class", node, "a class is given to a comparison", _HINT)
    _unbound(case, parents)


def _children(node: ast.AST) -> list[ast.AST]:
    return list(ast.iter_child_nodes(node))


def _gives_class(case: Case, call: ast.Call, scope: Scope) -> bool:
    """Whether it is Python's own `type` of something whose class may do harm."""
    if not isinstance(call.func, ast.Name) or not state.is_foreign_type(case, call, scope):
        return False
    plain = ast.Constant | ast.JoinedStr | ast.List | ast.Tuple | ast.Dict | ast.Set
    return not all(isinstance(arg, plain) for arg in call.args)


def _is_quiet(case: Case, node: ast.AST, scope: Scope, parents: Parents, depth: int = 0) -> bool:
    """Whether nothing keeps or gets the class that stands at `node`.

    Where it is called by itself, other rules have a word for that.
    """
    case.project.spend()
    parent = parents.get(node)
    quiet = False
    match parent:
        case None | ast.Expr() | ast.FormattedValue() | ast.UnaryOp(op=ast.Not()):
            quiet = True
        case ast.If() | ast.While() | ast.Assert() | ast.IfExp() if parent.test is node:
            quiet = True
        case ast.Attribute():
            quiet = _is_named(case, parent)
        case ast.Compare():
            quiet = _compares(case, parent, node, scope)
        case ast.Call():
            quiet = (parent.func is node and not depth) or _only_looks(case, parent, scope)
        case ast.BinOp(op=ast.Mod()):
            quiet = _is_text(parent.left)
        case ast.Subscript(ctx=ast.Load()) if parent.slice is node:
            quiet = not _LOOKING_UP & case.project.stored_names
        case ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name):
            quiet = depth < _DEPTH and _stays_quiet(case, name, scope, parents, depth)
        case _ if _passes(parent, parents) and depth < _DEPTH:
            quiet = _is_quiet(case, parent, scope, parents, depth + 1)
    return quiet


def _passes(node: ast.AST, parents: Parents) -> bool:
    """Whether an expression is its part, or a container that is used up at once."""
    used_up = isinstance(parents.get(node), ast.Compare | ast.Call | ast.BinOp)
    return isinstance(node, ast.BoolOp | ast.IfExp) or (isinstance(node, _CONTAINERS) and used_up)


def _is_named(case: Case, node: ast.Attribute) -> bool:
    """Its name, or an attribute that only the strategy's own classes have."""
    own = node.attr in case.project.stored_names and not node.attr.startswith("__")
    return node.attr in _NAMES or own


def _compares(case: Case, node: ast.Compare, kind: ast.AST, scope: Scope) -> bool:
    """Whether no method of the strategy's own gets the class: by `is`, or beside other classes."""
    identity = all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)
    if identity or not _COMPARING & case.project.stored_names:
        return True
    others = [part for part in (node.left, *node.comparators) if part is not kind]
    return all(_is_plain(case, part, scope) for part in others)


def _is_plain(case: Case, node: ast.expr, scope: Scope) -> bool:
    """A class that is written out, or got from an object: it has no comparison of its own."""
    if isinstance(node, _CONTAINERS):
        return all(_is_plain(case, part, scope) for part in node.elts)
    if isinstance(node, ast.Call):
        return case.path(node.func, scope) == "builtins.type"
    known = isinstance(node, ast.Attribute) and node.attr == "__class__"
    return known or isinstance(node, ast.Constant) or bool(case.path(node, scope))


def _only_looks(case: Case, call: ast.Call, scope: Scope) -> bool:
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr in _LOGS:
        own = _HANDLING & case.project.stored_names
        return not own and bool(origin(case, func.value, scope))
    if isinstance(func, ast.Attribute):
        return func.attr == "format" and _is_text(func.value)
    return isinstance(func, ast.Name) and func.id in _TAKERS - case.index.bound


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _stays_quiet(case: Case, name: ast.Name, scope: Scope, parents: Parents, depth: int) -> bool:
    """Whether a name for the class is used as quietly as the class itself."""
    if scope.kind == "class" or case.index.stars:
        return False
    for load in case.index.loads_of(name.id):
        bindings, _ = load.scope.lookup(name.id)
        if not any(b.scope is scope for b in bindings):
            continue
        if not _is_quiet(case, load.node, load.scope, parents, depth + 1):
            return False
    return True


# --- methods that are called on something else ----------------------------------------------------


def _unbound(case: Case, parents: Parents) -> None:
    """A method that uses its object's class is called on the strategy's own objects only.

    `Own.clone(x)` makes `type(self)` in it the class of `x`, whatever that is.
    """
    for node, first in _own_classes(case, parents):
        name = first.scope.name
        if not name or _escapes(case, name, first.scope.owner):
            message = "this class may be that of anything: the method is used as a function"
            case.findings.add("dynamic-class", node, message, _HINT)
        for access in case.index.accesses_of(name) if name else ():
            taken = _names_class(case, access.node.value, access.scope)
            if taken and not _on_own(case, access):
                message = f".{name} uses the class of its object and gets another one"
                case.findings.add("dynamic-class", access.node, message, "Call it on an instance.")


def _own_classes(case: Case, parents: Parents) -> list[tuple[ast.expr, Binding]]:
    """Every `type(self)` and `self.__class__` that is called or handed on, with its `self`."""
    places: list[tuple[ast.expr, ast.expr, Scope]] = [
        (call, call.args[0], scope) for call, scope in case.index.calls.get("type", ()) if call.args
    ]
    places += [(a.node, a.node.value, a.scope) for a in case.index.accesses_of("__class__")]
    found = []
    for node, base, scope in places:
        bindings = scope.lookup(base.id)[0] if isinstance(base, ast.Name) else []
        first = next((b for b in bindings if b.kind is Kind.FIRST), None)
        parent = parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if first is not None and (called or not _is_quiet(case, node, scope, parents)):
            found.append((node, first))
    return found


def _escapes(case: Case, name: str, owner: ast.ClassDef | None) -> bool:
    """Whether a method is handed on where its class is made: to a decorator, into a list."""
    body = owner.body if owner is not None else []
    case.project.spend(len(body))
    for item in body:
        if isinstance(item, ast.FunctionDef) and item.name == name:
            names = [getattr(d, "attr", getattr(d, "id", "")) for d in item.decorator_list]
            if not all(word in _WRAPPERS for word in names):
                return True
    return any(load.scope.kind == "class" for load in case.index.loads_of(name))


def _names_class(case: Case, node: ast.AST, scope: Scope, depth: int = 0) -> bool:
    """Whether a method that is taken of this may be had as a plain function."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "type"
    if isinstance(node, ast.Attribute):
        return node.attr == "__class__"
    bindings = scope.lookup(node.id)[0] if isinstance(node, ast.Name) and depth < _DEPTH else []
    case.project.spend(len(bindings))
    return any(
        b.kind in (Kind.CLASS, Kind.KLASS)
        or (b.kind is Kind.MEMBER and case.is_own(node, scope))
        or (b.kind is Kind.VALUE and _names_class(case, b.node, b.scope, depth + 1))
        for b in bindings
    )


def _on_own(case: Case, access: Access) -> bool:
    call = access.call
    if access.role is not Role.CALLED or call is None or not call.args:
        return False
    return case.is_own(call.args[0], access.scope)
