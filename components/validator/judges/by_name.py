"""pandas runs a method that it is given as text: those texts are judged like attributes."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from components.validator.analysis.index import Role
from components.validator.analysis.scopes import Kind, Scope
from components.validator.registry.words import words

if TYPE_CHECKING:
    from components.validator.judges.common import Case

_RUNNERS = frozenset({"agg", "aggregate", "transform", "apply"})
_PIVOTS = frozenset({"pivot_table"})
_PLOTS = frozenset({"plot", "hist", "boxplot"})
_WATCHED = _RUNNERS | _PIVOTS | _PLOTS
_PLOT_CLOSED = frozenset({"backend", "filename"})
_QUIET_KEYWORDS = frozenset({"axis", "raw", "result_type", "engine"})
_ADDERS = frozenset({"append", "extend", "insert", "update", "setdefault", "add"})
_PRINTERS = frozenset({"to_string", "to_markdown"})
"""They give text, or write it to the path that they are given."""
_ENGINES = frozenset({"python", "cython"})
_WIN_TYPE = 3
"""Where `rolling` takes it, by position."""
_WINDOWS = words("""
    boxcar triang blackman hamming bartlett parzen bohman blackmanharris nuttall barthann cosine
    exponential flattop gaussian general_gaussian general_cosine general_hamming hann kaiser tukey
    taylor lanczos
""")
_DEPTH = 8


def judge(case: Case) -> None:
    """Every call of a method that may be given another method's name."""
    _printers(case)
    _views(case)
    _windows(case)
    if {"engine", "engine_kwargs"} & case.index.keywords:
        _engines(case)
    for name, places in case.index.calls.items():
        if name not in _WATCHED:
            continue
        for call, scope in places:
            if not isinstance(call.func, ast.Attribute):
                continue
            if name in _RUNNERS:
                _runner(case, call, scope)
            elif name in _PIVOTS:
                _keyword(case, call, scope, "aggfunc")
            elif name in _PLOTS:
                _plot(case, call)


def _printers(case: Case) -> None:
    for name in _PRINTERS:
        for access in case.index.accesses_of(name):
            call = access.call
            quiet = access.role is Role.CALLED and call is not None and not call.args
            if case.is_plainly_own(access.node.value, access.scope) or (
                quiet
                and call is not None
                and not any(k.arg in ("buf", None) for k in call.keywords)
            ):
                continue
            case.findings.add("argument-closed", access.node, f"{name} that writes to a path")


def _views(case: Case) -> None:
    """Numbers seen as objects would be addresses of the author's choice."""
    for call, scope in case.index.calls.get("view", ()):
        given = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "dtype")]
        if any(_is_object(case, value, scope) for value in given):
            case.findings.add("argument-closed", call, "a view of numbers as objects")


def _windows(case: Case) -> None:
    """`rolling(win_type=...)` calls a function of scipy by its name."""
    for call, scope in case.index.calls.get("rolling", ()):
        given = [*call.args[_WIN_TYPE : _WIN_TYPE + 1]]
        given += [item.value for item in call.keywords if item.arg in ("win_type", None)]
        for value in given:
            none = isinstance(value, ast.Constant) and value.value is None
            texts = case.texts(value, scope)
            if not none and (texts is None or not texts <= _WINDOWS):
                case.findings.add("method-by-name", value, "a window that is not known by its name")


def _is_object(case: Case, node: ast.expr, scope: Scope) -> bool:
    texts = case.texts(node, scope) or frozenset()
    object_text = any(re.search(r"object|\bO\d*\b", text) for text in texts)
    if object_text or case.path(node, scope) in ("builtins.object", "numpy.object_"):
        return True
    inner = node.args if isinstance(node, ast.Call) else getattr(node, "elts", ())
    return any(_is_object(case, part, scope) for part in inner)


def _engines(case: Case) -> None:
    """`engine="numba"` loads a compiler by its name."""
    for places in case.index.calls.values():
        for call, scope in places:
            for item in call.keywords:
                if item.arg == "engine_kwargs" or (
                    item.arg == "engine" and not _quiet_engine(case, call, item.value, scope)
                ):
                    message = f"{item.arg} may load a compiler"
                    case.findings.add("argument-closed", item.value, message)


def _quiet_engine(case: Case, call: ast.Call, value: ast.expr, scope: Scope) -> bool:
    """Python's and Cython's engines; whatever a class or a function of one's own means by it."""
    if isinstance(call.func, ast.Name) and not case.path(call.func, scope):
        return True
    if isinstance(call.func, ast.Attribute) and case.is_own(call.func.value, scope):
        return True
    texts = case.texts(value, scope)
    none = isinstance(value, ast.Constant) and value.value is None
    return none or (texts is not None and texts <= _ENGINES)


def _runner(case: Case, call: ast.Call, scope: Scope) -> None:
    if isinstance(call.func, ast.Attribute) and case.is_plainly_own(call.func.value, scope):
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
    case.project.spend()
    texts = case.texts(node, scope)
    parts = None if texts is not None else _parts(case, node, scope)
    if texts is not None:
        for text in sorted(texts):
            _text(case, text, node)
    elif parts is not None:
        for part in parts:
            inside = bare and not isinstance(part, ast.Starred)
            judge_function(case, part, scope, bare=inside, depth=depth)
    elif not _is_function(case, node, scope, bare=bare, depth=depth):
        case.findings.add("method-by-name", node, "which method this names can't be told")


def _parts(case: Case, node: ast.expr, scope: Scope) -> list[ast.expr] | None:
    """What is inside of an expression that only holds others; None where it is no such thing."""
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return node.elts
    if isinstance(node, ast.DictComp | ast.Starred):
        return [node.value]
    if isinstance(node, ast.ListComp):
        return [node.elt]
    if isinstance(node, ast.Call) and case.path(node.func, scope) == "pandas.NamedAgg":
        return [*node.args[1:], *(item.value for item in node.keywords)]
    return None


def _text(case: Case, text: str, node: ast.expr) -> None:
    if text.startswith("_") or text in case.doors.closed_methods | _PRINTERS:
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


def _put_into(case: Case, name: str) -> list[tuple[ast.expr, Scope]]:
    """What is added to a container after it was made."""
    found = [
        (p.node, p.scope) for p in case.index.items.get(name, ()) if isinstance(p.node, ast.expr)
    ]
    for load in case.index.loads_of(name):
        adds = len(load.chain) == 1 and load.chain[0].attr in _ADDERS
        if load.role is Role.CALLED and load.call is not None and adds:
            found += [(arg, load.scope) for arg in load.call.args]
            found += [(item.value, load.scope) for item in load.call.keywords]
    return found


def _is_method(case: Case, node: ast.Attribute, scope: Scope) -> bool:
    case.project.spend(len(case.index.functions))
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
    if depth < _DEPTH:
        for value, where in _put_into(case, node.id):
            judge_function(case, value, where, bare=bare, depth=depth + 1)
    for binding in bindings:
        if binding.kind is Kind.VALUE and isinstance(binding.node, ast.expr) and depth < _DEPTH:
            judge_function(case, binding.node, binding.scope, bare=bare, depth=depth + 1)
        elif binding.kind not in (Kind.FUNCTION, Kind.CLASS, Kind.MEMBER) and not bare:
            return False
    return True
