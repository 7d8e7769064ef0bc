"""What a file defines: special names, the engine's names, classes that become code."""

from __future__ import annotations

import ast

from components.validator.index import Place, Role
from components.validator.judges.common import Case, is_dunder
from components.validator.words import ENGINE, UNDEFINABLE

_META = frozenset({"type", "ABCMeta", "EnumMeta", "EnumType"})
_MAKERS = frozenset({"__new__", "__init__", "__call__"})


def judge(case: Case) -> None:
    """Every special name that the file defines, and the classes that build code from names."""
    index = case.index
    for name in index.bound:
        if is_dunder(name) and name in UNDEFINABLE:
            _report_definition(case, name)
    dataclasses(case)
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
                    if attr.startswith("_") or attr in case.doors.closed_methods:
                        message = f"a pattern that reads {attr!r}"
                        case.findings.add("attribute-dunder", element, message)


def _engine_names(case: Case, node: ast.ClassDef) -> None:
    for item in node.body:
        names = [getattr(item, "name", "")]
        names += [t.id for t in getattr(item, "targets", ()) if isinstance(t, ast.Name)]
        for name in ENGINE.intersection(names):
            case.findings.add("attribute-engine", item, f"{name} belongs to the engine")


# --- dataclasses ----------------------------------------------------------------------------------


def dataclasses(case: Case) -> None:
    """Dataclass builds code from the names of fields: nothing may rename them.

    A class statement can only give names that are identifiers; a metaclass of one's own, or an
    assignment to a field's name, could give any text.
    """
    if not any(_uses_dataclass(unit.index.imports) for unit in case.project.units.values()):
        return
    for place in case.index.classes:
        node = place.node
        if isinstance(node, ast.ClassDef) and _is_maker(node):
            message = "a metaclass beside dataclasses can write their code"
            case.findings.add("dynamic-class", node, message)
    if case.index.calls.get("fields") or case.index.accesses.get("__dataclass_fields__"):
        _fields(case)


def _uses_dataclass(imports: list[Place]) -> bool:
    return any(
        getattr(place.node, "module", None) == "dataclasses"
        or any(item.name == "dataclasses" for item in getattr(place.node, "names", ()))
        for place in imports
    )


def _is_maker(node: ast.ClassDef) -> bool:
    bases = {getattr(base, "id", getattr(base, "attr", "")) for base in node.bases}
    return bool(bases & _META) and any(getattr(i, "name", "") in _MAKERS for i in node.body)


def _fields(case: Case) -> None:
    for attr, role in (("name", Role.STORED), ("type", None)):
        for access in case.index.accesses_of(attr):
            wanted = role is None or access.role is role
            if wanted and not case.is_own(access.node.value, access.scope):
                message = f"dataclass fields and .{attr}: a field's {attr} becomes code"
                case.findings.add("dynamic-class", access.node, message)
