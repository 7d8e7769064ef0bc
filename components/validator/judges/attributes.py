"""Attributes of objects: special names, private names, writers, frames."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from components.validator.index import Access, Role
from components.validator.judges.common import Case, is_dunder
from components.validator.scopes import Kind, Scope
from components.validator.words import (
    DEFINABLE,
    ENGINE,
    ENGINE_CLASSES,
    ENUM,
    NAMED_TUPLE,
    NEVER_YOURS,
    READABLE,
    RESULTS,
    WRITABLE,
)

_MANGLED = re.compile(r"_[A-Za-z]\w*__\w*[^_]_?$")


class Use(NamedTuple):
    """One use of an attribute, whether written out, by getattr or in a pattern."""

    node: ast.AST
    attr: str
    base: ast.AST
    scope: Scope
    role: Role
    outer: str = ""
    call: ast.Call | None = None


def judge(case: Case) -> None:
    """Every attribute, and every special name that the file defines."""
    closed = case.doors.closed_methods
    for attr, accesses in case.index.accesses.items():
        if attr[0] == "_" or attr in closed:
            for access in accesses:
                judge_use(case, _use(attr, access))
    for place in case.index.patterns:
        if isinstance(place.node, ast.MatchClass):
            for attr in place.node.kwd_attrs:
                judge_use(case, Use(place.node, attr, place.node, place.scope, Role.VALUE))
    _definitions(case)


def _use(attr: str, access: Access) -> Use:
    node = access.node
    return Use(node, attr, node.value, access.scope, access.role, access.outer, access.call)


def judge_use(case: Case, use: Use) -> None:
    """Judge one attribute by its name and by what it is taken of."""
    if use.attr in case.doors.closed_methods:
        _closed(case, use)
    elif is_dunder(use.attr):
        _dunder(case, use)
    elif use.attr.startswith("_"):
        _private(case, use)


def _closed(case: Case, use: Use) -> None:
    own = case.is_own(use.base, use.scope)
    if own and (use.role is Role.STORED or use.attr in case.project.stored_names):
        return
    if any(ref.module for ref in case.project.resolve(use.base, use.scope, case.unit)):
        return
    case.findings.add("attribute-closed", use.node, f".{use.attr} is closed on every object")


# --- double underscores ---------------------------------------------------------------------------


def _dunder(case: Case, use: Use) -> None:
    if use.role is Role.STORED:
        allowed = use.attr in WRITABLE
    elif use.attr == "__class__":
        allowed = _class_open(case, use)
    elif use.attr == "__setattr__":
        allowed = _frozen_idiom(case, use)
    else:
        allowed = use.attr in READABLE
    if not allowed:
        case.findings.add("attribute-dunder", use.node, f".{use.attr} is closed")


def _class_open(case: Case, use: Use) -> bool:
    harmless = use.role is Role.TESTED or use.outer in ("__name__", "__qualname__")
    return harmless or case.is_own(use.base, use.scope)


def _frozen_idiom(case: Case, use: Use) -> bool:
    """`object.__setattr__(self, "name", value)`: how frozen dataclasses fill themselves."""
    call = use.call
    if use.role is not Role.CALLED or call is None or not call.args:
        return False
    is_super = isinstance(use.base, ast.Call)
    target = None if is_super else call.args[0]
    if target is not None and not case.is_own(target, use.scope):
        return False
    position = 0 if is_super else 1
    names = case.texts(call.args[position], use.scope) if len(call.args) > position else None
    return names is not None and not any(is_dunder(n) or n in ENGINE for n in names)


def _definitions(case: Case) -> None:
    index = case.index
    for name in index.bound:
        if is_dunder(name) and name not in DEFINABLE:
            _report_definition(case, name)
    if "__match_args__" in index.bound:
        _match_args(case)
    if "pytest_plugins" in index.bound:
        case.findings.add("dunder-definition", index.tree.body[0], "pytest_plugins loads modules")
    for place in index.classes:
        if isinstance(place.node, ast.ClassDef) and case.project.strategy_like(place.node):
            _engine_names(case, place.node)


def _report_definition(case: Case, name: str) -> None:
    for node in ast.walk(case.index.tree):
        if name in (getattr(node, "name", None), getattr(node, "id", None)) or (
            isinstance(node, ast.arg) and node.arg == name
        ):
            case.findings.add("dunder-definition", node, f"{name} must not be defined")
            return
    case.findings.add("dunder-definition", case.index.tree.body[0], f"{name} must not be bound")


def _match_args(case: Case) -> None:
    for place in case.index.classes:
        for item in getattr(place.node, "body", ()):
            if not isinstance(item, ast.Assign) or not any(
                isinstance(t, ast.Name) and t.id == "__match_args__" for t in item.targets
            ):
                continue
            elements = item.value.elts if isinstance(item.value, ast.Tuple) else [item.value]
            for element in elements:
                for attr in case.texts(element, place.scope) or {"__unknown__"}:
                    judge_use(case, Use(element, attr, element, place.scope, Role.VALUE))


def _engine_names(case: Case, node: ast.ClassDef) -> None:
    for item in node.body:
        names = [getattr(item, "name", "")]
        names += [t.id for t in getattr(item, "targets", ()) if isinstance(t, ast.Name)]
        for name in ENGINE.intersection(names):
            case.findings.add("attribute-engine", item, f"{name} belongs to the engine")


# --- one underscore -------------------------------------------------------------------------------


def _private(case: Case, use: Use) -> None:
    project = case.project
    refs = project.resolve(use.base, use.scope, case.unit)
    if any(ref.module and not ref.own for ref in refs):
        return
    own = case.is_own(use.base, use.scope) or any(ref.module for ref in refs)
    if use.attr in ENGINE:
        _engine(case, use, own=own)
    elif _mangled(use) or not _mine(case, use, own=own):
        what = "is private" if not own else "is not defined in this strategy"
        case.findings.add("attribute-private", use.node, f".{use.attr} {what}")


def _mangled(use: Use) -> bool:
    if _MANGLED.match(use.attr):
        return True
    owner = use.scope.owner
    hidden = use.attr.startswith("__")
    return hidden and owner is not None and owner.name.lstrip("_") in ENGINE_CLASSES


def _mine(case: Case, use: Use, *, own: bool) -> bool:
    if use.attr in case.project.private_names:
        return own or use.attr not in NEVER_YOURS
    if use.attr in RESULTS:
        return use.role is not Role.STORED
    bound = case.index.modules
    if use.attr in NAMED_TUPLE:
        return bool({"namedtuple", "NamedTuple"} & bound) or "collections" in bound
    return use.attr in ENUM and bool({"Enum", "IntEnum", "StrEnum", "Flag", "enum"} & bound)


def _engine(case: Case, use: Use, *, own: bool) -> None:
    """The engine's own names are free in a plain class, which the engine never sees."""
    plain = not case.project.strategy_like(use.scope.owner)
    stored = use.attr in case.project.private_names
    if plain and stored and (own or (use.attr != "_broker" and _is_parameter(use))):
        return
    case.findings.add("attribute-engine", use.node, f".{use.attr} belongs to the engine")


def _is_parameter(use: Use) -> bool:
    if not isinstance(use.base, ast.Name):
        return False
    bindings, _ = use.scope.lookup(use.base.id)
    return bool(bindings) and all(b.kind is Kind.PARAMETER for b in bindings)
