"""Texts that do something: formats with fields, annotations that may be evaluated."""

from __future__ import annotations

import ast
import string
from typing import TYPE_CHECKING

from components.validator.analysis.scopes import Kind, Scope

if TYPE_CHECKING:
    from components.validator.analysis.index import Access
    from components.validator.judges.common import Case

_FORMATS = ("format", "format_map")
_LITERALS = frozenset({"Literal", "Annotated"})
_EVALUATING = frozenset({"singledispatch", "singledispatchmethod"})
_TEXTS = frozenset({"str", "UserString"})
_TYPES = frozenset({Kind.CLASS, Kind.MEMBER, Kind.MODULE})
_CODE = (ast.Call, ast.Lambda, ast.NamedExpr, ast.Await, ast.ListComp, ast.GeneratorExp)


def judge(case: Case) -> None:
    """Formats and annotations."""
    for name in _FORMATS:
        for access in case.index.accesses_of(name):
            _format(case, access)
    for node in case.index.annotations:
        _annotation(case, node)
    if any(name in case.index.loads or name in case.index.accesses for name in _EVALUATING):
        _hidden_annotations(case)


def _format(case: Case, access: Access) -> None:
    base = access.node.value
    if type(access.node.ctx) is not ast.Load:
        return
    if case.is_own(base, access.scope) and not _is_text(access.scope.owner):
        return
    texts = case.texts(base, access.scope)
    if texts is None:
        message = f".{access.node.attr} of a text that can't be told"
        case.findings.add("format-field", access.node, message)
        return
    for text in sorted(texts):
        for field in _fields(text):
            _field(case, field, access.node)


def _is_text(owner: ast.ClassDef | None) -> bool:
    """Whether a class is a text itself, whose own `format` follows fields."""
    bases = owner.bases if owner is not None else []
    return any(getattr(base, "id", getattr(base, "attr", "")) in _TEXTS for base in bases)


def _fields(text: str, depth: int = 0) -> list[str]:
    """The field names of a format, those inside of format specs too."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return []
    found: list[str] = []
    for _, name, spec, _ in parts:
        if name:
            found.append(name)
        if spec and depth < 3:  # noqa: PLR2004  # Python allows two levels
            found += _fields(spec, depth + 1)
    return found


def _field(case: Case, field: str, node: ast.AST) -> None:
    for part in field.replace("[", ".").replace("]", ".").split(".")[1:]:
        if part.startswith("_") or part in case.doors.closed_methods:
            case.findings.add("format-field", node, f"the format reads {part!r}")


def _annotation(case: Case, node: ast.Constant) -> None:
    text = str(node.value)
    if "(" not in text and "__" not in text:
        return
    tree = _parsed(text)
    if tree is None:
        return
    if "__" in text or any(isinstance(part, _CODE) for part in ast.walk(tree)):
        case.findings.add("annotation-code", node, "this annotation is code")


def _named_types(case: Case, annotation: ast.expr, scope: Scope) -> None:
    for node in ast.walk(annotation):
        if not isinstance(node, ast.Name):
            continue
        bindings, _ = scope.lookup(node.id)
        if any(binding.kind not in _TYPES for binding in bindings):
            case.findings.add("annotation-code", node, f"{node.id} may be text that is evaluated")


def _parsed(text: str) -> ast.Expression | None:
    try:
        return ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _hidden_annotations(case: Case) -> None:
    """Singledispatch evaluates annotations, and those may be texts inside types or behind names."""
    for place in case.index.functions:
        arguments = getattr(place.node, "args", None)
        for arg in ast.walk(arguments) if arguments is not None else ():
            if isinstance(arg, ast.arg) and arg.annotation is not None:
                _named_types(case, arg.annotation, place.scope)
    for part in case.index.slices:
        for node in ast.walk(part):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                _annotation(case, node)
