"""pandas runs a method that it is given as text: those texts are judged like attributes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from components.validator.scopes import Kind, Scope

if TYPE_CHECKING:
    from components.validator.judges.common import Case

_RUNNERS = frozenset({"agg", "aggregate", "transform", "apply"})
_PIVOTS = frozenset({"pivot_table"})
_PLOTS = frozenset({"plot", "hist", "boxplot"})
_PLOT_CLOSED = frozenset({"backend", "filename"})
_QUIET_KEYWORDS = frozenset({"axis", "raw", "result_type", "engine"})
_DEPTH = 8


def judge(case: Case) -> None:
    """Every call of a method that may be given another method's name."""
    for name, places in case.index.calls.items():
        for place in places:
            call = place.node
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if name in _RUNNERS:
                _runner(case, call, place.scope)
            elif name in _PIVOTS:
                _keyword(case, call, place.scope, "aggfunc")
            elif name in _PLOTS:
                _plot(case, call)


def _runner(case: Case, call: ast.Call, scope: Scope) -> None:
    if isinstance(call.func, ast.Attribute) and case.is_own(call.func.value, scope):
        return
    plain = len(call.args) <= 1 and all(k.arg in _QUIET_KEYWORDS | {"func"} for k in call.keywords)
    values = [*call.args, *(k.value for k in call.keywords if k.arg not in _QUIET_KEYWORDS)]
    if isinstance(call.func, ast.Attribute) and call.func.attr == "apply":
        values = [*call.args[:1], *(k.value for k in call.keywords if k.arg in ("func", None))]
    for value in values:
        judge_function(case, value, scope, bare=plain)


def _keyword(case: Case, call: ast.Call, scope: Scope, name: str) -> None:
    for item in call.keywords:
        if item.arg == name:
            judge_function(case, item.value, scope, bare=False)


def _plot(case: Case, call: ast.Call) -> None:
    for item in call.keywords:
        if item.arg in _PLOT_CLOSED:
            case.findings.add("argument-closed", call, f"plotting with {item.arg}")


def judge_function(case: Case, node: ast.expr, scope: Scope, *, bare: bool, depth: int = 0) -> None:
    """Judge what is passed where pandas takes a function, a method's name, or several of them.

    Args:
        case: the file.
        node: the argument.
        scope: where it stands.
        bare: no further arguments are passed: a method that can't be told is then harmless.
        depth: how many names were followed so far.
    """
    texts = case.texts(node, scope)
    if texts is not None:
        for text in sorted(texts):
            _text(case, text, node)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            judge_function(case, value, scope, bare=bare, depth=depth)
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        for value in node.elts:
            judge_function(case, value, scope, bare=bare, depth=depth)
    elif isinstance(node, ast.DictComp | ast.ListComp):
        value = node.value if isinstance(node, ast.DictComp) else node.elt
        judge_function(case, value, scope, bare=bare, depth=depth)
    elif isinstance(node, ast.Starred):
        judge_function(case, node.value, scope, bare=False, depth=depth)
    elif not _is_function(case, node, scope, bare=bare, depth=depth):
        case.findings.add("method-by-name", node, "which method this names can't be told")


def _text(case: Case, text: str, node: ast.expr) -> None:
    if text.startswith("_") or text in case.doors.closed_methods:
        case.findings.add("method-by-name", node, f"the method {text!r} is closed")


def _is_function(case: Case, node: ast.expr, scope: Scope, *, bare: bool, depth: int) -> bool:
    """Functions, numbers and what certainly isn't text."""
    if isinstance(node, ast.Lambda | ast.Constant | ast.Compare | ast.UnaryOp):
        return True
    if isinstance(node, ast.Name):
        return _name_is_function(case, node, scope, bare=bare, depth=depth)
    if isinstance(node, ast.Attribute):
        return bare or bool(case.path(node, scope)) or _is_method(case, node, scope)
    return bare and not _builds_text(node)


def _is_method(case: Case, node: ast.Attribute, scope: Scope) -> bool:
    names = {getattr(place.node, "name", "") for place in case.index.functions}
    return node.attr in names and case.is_own(node.value, scope)


def _builds_text(node: ast.expr) -> bool:
    """Expressions whose point is a new text: joins, slices, formats, sums."""
    if isinstance(node, ast.BinOp | ast.JoinedStr | ast.Subscript):
        return True
    inner = (part for part in ast.walk(node) if part is not node)
    return any(isinstance(p, ast.Constant) and isinstance(p.value, str | bytes) for p in inner)


def _name_is_function(case: Case, node: ast.Name, scope: Scope, *, bare: bool, depth: int) -> bool:
    bindings, falls = scope.lookup(node.id)
    if not bindings:
        return falls
    for binding in bindings:
        if binding.kind is Kind.VALUE and isinstance(binding.node, ast.expr) and depth < _DEPTH:
            judge_function(case, binding.node, binding.scope, bare=bare, depth=depth + 1)
        elif binding.kind not in (Kind.FUNCTION, Kind.CLASS, Kind.MEMBER) and not bare:
            return False
    return True
