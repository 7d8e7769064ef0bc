"""What a file defines: special names, the engine's names, classes that become code."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from components.validator.judges.common import Case, is_dunder
from components.validator.registry.words import ENGINE_API, GIVEN_ACCOUNT, UNDEFINABLE

if TYPE_CHECKING:
    from components.validator.analysis.index import Access, Place
    from components.validator.analysis.scopes import Scope

_ARRAY_DOORS = ("__array_interface__", "__array_struct__")
_PLAIN = frozenset({"I"})
_INIT = "A strategy on several symbols has none of its own: prepare in init()."
_META = frozenset({"type", "ABCMeta", "EnumMeta", "EnumType"})
_FIELD_NAMES = frozenset({"field", "fields", "Field", "dataclasses"})


def judge(case: Case) -> None:
    """Every special name that the file defines, and the classes that build code from names."""
    index = case.index
    for name in index.bound:
        if name in UNDEFINABLE and (is_dunder(name) or name == "get_window_bounds"):
            _report_definition(case, name)
    if any(door in line for line in case.unit.lines for door in _ARRAY_DOORS):
        message = "an object that says where its memory lies"
        case.findings.add("dunder-definition", index.tree.body[0], message)
    dataclasses(case)
    if "__match_args__" in index.bound:
        _match_args(case)
    for node in index.class_bindings:
        _engine_names(case, node, _engines(case, node))


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
                    if attr.startswith("_") or attr in case.doors.closed_methods:
                        message = f"a pattern that reads {attr!r}"
                        case.findings.add("attribute-dunder", element, message)


def _engines(case: Case, node: ast.ClassDef) -> frozenset[str]:
    """Names that belong to the engine in this class."""
    project, like = case.project, case.project.strategy_like(node)
    if project.portfolio and (like or node.name in project.given_account):
        return project.engine | ENGINE_API | GIVEN_ACCOUNT
    return project.engine | ENGINE_API if like else _PLAIN


def _engine_names(case: Case, node: ast.ClassDef, closed: frozenset[str]) -> None:
    bindings = case.index.class_bindings[node]
    for name in closed & bindings.keys():
        for binding in bindings[name]:
            hint = _INIT if name in GIVEN_ACCOUNT else ""
            message = f"{name} belongs to the engine"
            case.findings.add("attribute-engine", binding.node, message, hint)


# --- dataclasses ----------------------------------------------------------------------------------


def dataclasses(case: Case) -> None:
    """Dataclass builds code from the names of fields: nothing may rename them.

    A class statement can only give names that are identifiers. A metaclass of one's own, a
    decorator that comes before dataclass, or an assignment to a field's name could give any text.
    """
    units = case.project.units.values()
    if not any(_imports_dataclasses(unit.index.imports) for unit in units):
        return
    for place in case.index.classes:
        if isinstance(place.node, ast.ClassDef):
            _class(case, place.node, place.scope)
    if any(name in unit.index.loads for unit in units for name in _FIELD_NAMES):
        _fields(case)


def _imports_dataclasses(imports: list[Place]) -> bool:
    return any(
        getattr(place.node, "module", None) == "dataclasses"
        or any(item.name == "dataclasses" for item in getattr(place.node, "names", ()))
        for place in imports
    )


def _class(case: Case, node: ast.ClassDef, scope: Scope) -> None:
    if _is_maker(case, node):
        message = "a metaclass beside dataclasses can write their code"
        case.findings.add("dynamic-class", node, message)
    for item in node.keywords:
        if item.arg in ("metaclass", None) and not isinstance(item.value, ast.Name | ast.Attribute):
            case.findings.add("dynamic-class", item.value, "a computed metaclass")
    called = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
    paths = [case.path(decorator, scope) for decorator in called]
    if "dataclasses.dataclass" in paths:
        inner = paths[paths.index("dataclasses.dataclass") + 1 :]
        if any(not path or path.startswith((".", "builtins.")) for path in inner):
            message = "a decorator of one's own comes before dataclass"
            case.findings.add("dynamic-class", node, message, "Put @dataclass last.")


def _is_maker(case: Case, node: ast.ClassDef) -> bool:
    bases = {getattr(base, "id", getattr(base, "attr", "")) for base in node.bases}
    makes = any(getattr(item, "name", "") == "__new__" for item in node.body)
    return bool(bases & _META) and (makes or node.name in case.index.calls)


def _fields(case: Case) -> None:
    places = case.index.attribute_values.get("name", [])
    texts = [case.texts(place.node, place.scope) for place in places]
    stores = case.index.stores_of("name")
    plain = all(found is not None and all(t.isidentifier() for t in found) for found in texts)
    for access in () if plain and len(stores) == len(places) else stores:
        if not _is_ours(case, access) and not _is_librarys(case, access):
            message = "a dataclass field's name becomes code"
            case.findings.add("dynamic-class", access.node, message)
    if case.index.calls.get("fields") or case.index.accesses.get("__dataclass_fields__"):
        for access in case.index.accesses_of("type"):
            if not _is_ours(case, access):
                message = "a dataclass field's type is code"
                case.findings.add("dynamic-class", access.node, message)


def _is_librarys(case: Case, access: Access) -> bool:
    """Whether it is what a call of numpy, pandas or the like gave: no field."""
    base = access.node.value
    bindings = access.scope.lookup(base.id)[0] if isinstance(base, ast.Name) else []
    calls = [b for b in bindings if isinstance(b.node, ast.Call)]
    paths = [case.path(b.node.func, b.scope) for b in calls if isinstance(b.node, ast.Call)]
    known = [path for path in paths if path.startswith(("pandas.", "numpy."))]
    return bool(bindings) and len(known) == len(bindings)


def _is_ours(case: Case, access: Access) -> bool:
    base, scope = access.node.value, access.scope
    return case.is_own(base, scope) or case.project.is_own_instance(base, scope, case.unit)
