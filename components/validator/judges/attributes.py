"""Attributes of objects: special names, private names, writers, frames."""

from __future__ import annotations

import ast
import re

from components.validator.analysis.index import Access, Role
from components.validator.analysis.project import is_host
from components.validator.analysis.scopes import Kind
from components.validator.judges import definitions
from components.validator.judges.common import Case, Use, is_dunder
from components.validator.registry.words import (
    ENGINE_API,
    ENGINE_CLASSES,
    ENUM,
    LENIENT,
    NAMED_TUPLE,
    NEVER_YOURS,
    READABLE,
    RESULTS,
    UNSETTABLE,
    WRITABLE,
)

_MANGLED = re.compile(r"_[A-Za-z]\w*__\w*[^_]_?$")


def judge(case: Case) -> None:
    """Every attribute, and every special name that the file defines."""
    closed = case.doors.watched
    for attr in case.index.accesses:
        if attr[0] == "_" or attr in closed:
            for access in case.index.accesses_of(attr):
                judge_use(case, _use(attr, access))
    for access in case.index.accesses_of("open"):
        if access.role is Role.CALLED:
            _unless_own(case, _use("open", access))
    for place in case.index.patterns:
        if isinstance(place.node, ast.MatchClass):
            for attr in place.node.kwd_attrs:
                judge_use(case, Use(place.node, attr, place.node, place.scope, Role.VALUE))
    definitions.judge(case)


def _use(attr: str, access: Access) -> Use:
    node = access.node
    return Use(node, attr, node.value, access.scope, access.role, access.outer, access.call)


def judge_use(case: Case, use: Use) -> None:
    """Judge one attribute by its name and by what it is taken of."""
    if use.role is Role.STORED and use.attr in UNSETTABLE:
        _unsettable(case, use)
    if use.role is Role.STORED and use.attr == "I":
        case.findings.add("attribute-engine", use.node, "I belongs to the engine")
    if use.attr in case.doors.closed_methods:
        _closed(case, use)
    elif use.attr in case.doors.closed_unless_own:
        _unless_own(case, use)
    elif is_dunder(use.attr):
        _dunder(case, use)
    elif use.attr.startswith("_"):
        _private(case, use)


def _closed(case: Case, use: Use) -> None:
    if _is_module(case, use) or _is_mine(case, use):
        return
    case.findings.add("attribute-closed", use.node, f".{use.attr} is closed on every object")


def _unless_own(case: Case, use: Use) -> None:
    own = use.attr in case.project.stored_names or use.attr in case.index.keywords
    if not own and not _is_module(case, use):
        message = f".{use.attr} is closed: the strategy has nothing by that name"
        case.findings.add("attribute-closed", use.node, message)


def _unsettable(case: Case, use: Use) -> None:
    own = use.attr in LENIENT and use.attr in case.project.stored_names
    if own or case.is_own(use.base, use.scope) or _is_module(case, use):
        return
    if not case.project.is_own_instance(use.base, use.scope, case.unit):
        message = f".{use.attr} decides which memory is read: it is not to be set"
        case.findings.add("attribute-closed", use.node, message, "Make a new array of it.")


def _is_module(case: Case, use: Use) -> bool:
    """Names of modules are judged as such."""
    return any(ref.module for ref in case.project.resolve(use.base, use.scope, case.unit))


def _is_mine(case: Case, use: Use) -> bool:
    """Whether a closed name is the strategy's own method or attribute, on its own object."""
    project, unit = case.project, case.unit
    if use.attr not in project.stored_names:
        return False
    if project.is_own_instance(use.base, use.scope, unit):
        return True
    return case.is_plainly_own(use.base, use.scope)


# --- double underscores ---------------------------------------------------------------------------


def _dunder(case: Case, use: Use) -> None:
    if use.role is Role.STORED:
        allowed = use.attr in WRITABLE and _nameable(case, use)
    elif use.attr == "__class__":
        allowed = _class_open(use)
    elif use.attr == "__setattr__":
        allowed = _frozen_idiom(case, use)
    else:
        allowed = use.attr in READABLE
    if not allowed:
        case.findings.add("attribute-dunder", use.node, f".{use.attr} is closed")


def _nameable(case: Case, use: Use) -> bool:
    """Whether it may be given a name: functions and classes of the file's own."""
    bindings = use.scope.lookup(use.base.id)[0] if isinstance(use.base, ast.Name) else []
    foreign = (Kind.MODULE, Kind.EACH, Kind.OTHER)
    plain = bool(bindings) and not any(b.kind in foreign for b in bindings)
    return plain or case.is_own(use.base, use.scope)


def _class_open(use: Use) -> bool:
    """`self.__class__`, and what only asks for its name or compares it."""
    if use.role in (Role.TESTED, Role.COMPARED) or use.outer in ("__name__", "__qualname__"):
        return True
    if not isinstance(use.base, ast.Name):
        return False
    bindings, _ = use.scope.lookup(use.base.id)
    return bool(bindings) and all(b.kind is Kind.FIRST for b in bindings)


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
    closed = case.project.engine | ENGINE_API
    return names is not None and not any(is_dunder(n) or n in closed for n in names)


# --- one underscore -------------------------------------------------------------------------------


def _private(case: Case, use: Use) -> None:
    project = case.project
    refs = project.resolve(use.base, use.scope, case.unit)
    if any(ref.module and not ref.own for ref in refs):
        return
    own = case.is_own(use.base, use.scope) or any(ref.module for ref in refs)
    own = own or (use.attr not in project.engine and is_host(use.base, use.scope))
    if use.attr in project.engine:
        _engine(case, use, own=own)
    elif _mangled(use, own=own) or not _mine(case, use, own=own):
        what = "is private" if not own else "is not defined in this strategy"
        case.findings.add("attribute-private", use.node, f".{use.attr} {what}")


def _mangled(use: Use, *, own: bool) -> bool:
    """Names that Python mangles to those of the engine's own classes."""
    if _MANGLED.match(use.attr):
        return True
    owner = use.scope.owner
    hidden = use.attr.startswith("__")
    return hidden and not own and owner is not None and owner.name.lstrip("_") in ENGINE_CLASSES


def _mine(case: Case, use: Use, *, own: bool) -> bool:
    if use.attr in case.project.private_names:
        return own or use.attr not in NEVER_YOURS
    if use.attr in RESULTS:
        return use.role is not Role.STORED
    bound = set().union(*(unit.index.modules for unit in case.project.units.values()))
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
