"""State that outlives a strategy: what libraries keep for the whole process stays as it is."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from components.validator.analysis.index import Access, Load, Role
from components.validator.analysis.scopes import Kind, Scope
from components.validator.judges.origins import given, origin
from components.validator.registry import catalogue
from components.validator.registry.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.validator.judges.common import Case

_DEPTH = 6
_SETTABLE = words("propagate disabled level prec rounding Emin Emax capitals clamp")
"""What may be set on such an object, to constants."""
_TELLING = words("handlers filters parent traps")
"""What is read of such an object, and may have been left by another run."""
_TAUGHT = words("setLevel addFilter addHandler set_parameters register")
_ABSTRACT = ("abc.", "collections.abc.", "numbers.", "algoops.")
_READING = frozenset(
    {Role.ITEM, Role.ALIASED, Role.TESTED, Role.COMPARED, Role.INSPECTED, Role.TYPE}
)
_READERS = words("items keys values get copy index count")
_TAKERS = words("""
    agg aggregate apply resample_apply dict list tuple len sorted set print enumerate zip
    isinstance deepcopy copy
""")
"""Calls that take a library's table without keeping or changing it."""
_MADE_OF_CONSTANTS = frozenset({"numpy.seterr", "numpy.geterr", "decimal.Context"})


_RAW = frozenset({"numpy.ndarray", "numpy.ndarray.__new__"})
_USED = frozenset({Role.CALLED, Role.DERIVED, Role.DECORATOR})
_TYPES_ONLY = {
    **dict.fromkeys(_RAW, _USED | {Role.VALUE}),
    **dict.fromkeys(
        (
            "numpy.matrix",
            "numpy.ma.MaskedArray",
            "numpy.ma.masked_array",
            "pandas.api.indexers.FixedForwardWindowIndexer",
            "pandas.api.indexers.VariableOffsetWindowIndexer",
            "decimal.Context",
            "logging.Logger",
        ),
        frozenset({Role.DERIVED}),
    ),
}
_TYPE_TAKERS = words("view cast register issubdtype isinstance issubclass TypeVar NewType print")


def judge(case: Case) -> None:
    """What is set on objects of libraries, and classes that are got from objects."""
    for attr in case.index.stored_attributes:
        _stores(case, attr)
    _kept(case)
    for access in case.index.accesses_of("flags"):
        if access.role is Role.FILLED and not case.is_own(access.node.value, access.scope):
            case.findings.add("attribute-closed", access.node, "an array's flags are not to be set")
    for call, scope in case.index.results:
        if isinstance(call.func, ast.Subscript) and case.path(call.func.value, scope) in _RAW:
            case.findings.add("argument-closed", call, "this array is made over any memory")
        if isinstance(call.func, ast.Call) and is_foreign_type(case, call.func, scope):
            case.findings.add("dynamic-class", call, "the class of something unknown is called")
    if "type" in case.index.calls:
        _named_types(case)


# --- attributes -----------------------------------------------------------------------------------


def _stores(case: Case, attr: str) -> None:
    for access in case.index.stores_of(attr):
        base, scope = access.node.value, access.scope
        if case.is_own(base, scope):
            continue
        judge_store(case, attr, access.node, base, scope)


def judge_store(case: Case, attr: str, node: ast.AST, base: ast.AST, scope: Scope) -> None:
    """An attribute is set on something: not on a library's class, nor on what a library keeps."""
    named = isinstance(base, ast.Name) and _names_type(case, base.id, scope)
    if named or is_foreign_type(case, base, scope):
        case.findings.add("module-patched", node, f"a class gets the attribute {attr}")
        return
    if isinstance(base, ast.Name):
        for found, where in given(case, base, scope):
            for item in getattr(found, "elts", ()):
                if path := case.path(item, where):
                    case.findings.add("module-patched", node, f"{path} gets the attribute {attr}")
    for path in sorted(origin(case, base, scope)):
        if attr not in _SETTABLE or not _all_fixed(case, attr):
            message = f"what {path} gives is kept for the whole process: .{attr} is set on it"
            case.findings.add("module-patched", node, message)


def _kept(case: Case) -> None:
    """What is read and changed of an object that a library keeps."""
    for name in _TELLING & case.index.accesses.keys():
        for access in case.index.accesses_of(name):
            _tells(case, name, access)
    for name in _TAUGHT & case.index.calls.keys():
        for call, scope in case.index.calls[name]:
            _teaches(case, name, call, scope)


def _tells(case: Case, name: str, access: Access) -> None:
    """What another run may have left: a logger's handlers may be counted and cleared, not read."""
    taker = getattr(getattr(access.call, "func", None), "id", "")
    quiet = access.role in (Role.TESTED, Role.COMPARED) or access.outer == "clear"
    quiet = quiet or (access.role is Role.ARGUMENT and taker in ("len", "bool"))
    if name == "traps":
        quiet = access.role is not Role.FILLED
    if not quiet and origin(case, access.node.value, access.scope):
        message = f".{name} is kept for the whole process"
        case.findings.add("module-patched", access.node, message)


def _teaches(case: Case, name: str, call: ast.Call, scope: Scope) -> None:
    """A method that changes what a library keeps: with constants, or the library's own handlers."""
    base = call.func.value if isinstance(call.func, ast.Attribute) else None
    paths = sorted(origin(case, base, scope)) if base is not None else []
    if base is not None and name == "register":
        path = case.path(base, scope)
        paths = [path] if path.startswith(_ABSTRACT) else []
    values = [*call.args, *(item.value for item in call.keywords)]
    fixed = name != "register" and all(_is_harmless(case, value, scope) for value in values)
    if paths and not fixed:
        message = f"what {paths[0]} gives is kept for the whole process: .{name} changes it"
        case.findings.add("module-patched", call, message, "Give it constants.")


def _is_harmless(case: Case, node: ast.expr, scope: Scope) -> bool:
    """A constant, or a handler of logging's or of the strategy's own, made of constants."""
    if is_fixed(case, node, scope):
        return True
    values: list[tuple[ast.AST, Scope]] = [(node, scope)]
    if isinstance(node, ast.Name):
        values = given(case, node, scope)
    elif isinstance(node, ast.Attribute):
        values = [(p.node, p.scope) for p in case.index.attribute_values.get(node.attr, ())]
    return bool(values) and all(
        isinstance(value, ast.Call)
        and (case.path(value.func, where).startswith("logging.") or case.is_own(value.func, where))
        and all(is_fixed(case, arg, where) for arg in value.args)
        for value, where in values
    )


def _all_fixed(case: Case, attr: str) -> bool:
    """Whether an attribute is given nothing but constants, all over the file."""
    values = case.index.attribute_values.get(attr, [])
    case.project.spend(len(values))
    stores = case.index.stores_of(attr)
    known = bool(values) and len(values) == len(stores)
    return known and all(is_fixed(case, p.node, p.scope) for p in values)


def is_foreign_type(case: Case, node: ast.AST, scope: Scope) -> bool:
    """`type(x)` of something that isn't the strategy's own."""
    if not isinstance(node, ast.Call) or case.path(node.func, scope) != "builtins.type":
        return False
    return not all(
        case.is_own(arg, scope) or case.project.is_own_instance(arg, scope, case.unit)
        for arg in node.args
    )


def _named_types(case: Case) -> None:
    """A name for `type(x)` that is called, or gets attributes."""
    for name, places in case.index.calls.items():
        known = name in case.index.bound or name in case.index.attribute_values
        for call, scope in places if known else ():
            func = call.func
            held = isinstance(func, ast.Attribute) and case.is_own(func.value, scope)
            values = case.index.attribute_values.get(name, []) if held else []
            if (isinstance(func, ast.Name) and _names_type(case, name, scope)) or any(
                is_foreign_type(case, p.node, p.scope) for p in values
            ):
                case.findings.add(
                    "dynamic-class", call, f"{name} is the class of something unknown"
                )


def _names_type(case: Case, name: str, scope: Scope) -> bool:
    bindings, _ = scope.lookup(name)
    case.project.spend(len(bindings))
    return any(b.kind is Kind.VALUE and is_foreign_type(case, b.node, b.scope) for b in bindings)


# --- settings and tables --------------------------------------------------------------------------


def is_fixed(case: Case, node: ast.AST | None, scope: Scope, depth: int = 0) -> bool:
    """Whether a value is the same for every run: a constant, or a name of one.

    What a process keeps may be set to such values only, so that it can carry nothing from one run
    to another. A format of numbers and a lambda of the module, without defaults, hold nothing.
    """
    if depth > _DEPTH:
        return False
    if isinstance(node, ast.Name | ast.Attribute):
        return _names_constant(case, node, scope, depth)
    if isinstance(node, ast.Lambda):
        return scope.kind == "module" and not (node.args.defaults or any(node.args.kw_defaults))
    parts = _parts_of(case, node, scope)
    return parts is not None and all(is_fixed(case, part, scope, depth + 1) for part in parts)


def _parts_of(case: Case, node: ast.AST | None, scope: Scope) -> Sequence[ast.AST | None] | None:
    """What an expression is made of, where it is made of nothing but that."""
    if node is None or isinstance(node, ast.Constant):
        return ()
    if isinstance(node, ast.UnaryOp | ast.BinOp | ast.Tuple | ast.List | ast.Set | ast.Dict):
        return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
    if isinstance(node, ast.Call) and case.path(node.func, scope) in _MADE_OF_CONSTANTS:
        return (*node.args, *(item.value for item in node.keywords))
    return None


def _names_constant(case: Case, node: ast.Name | ast.Attribute, scope: Scope, depth: int) -> bool:
    if case.path(node, scope):
        return True
    if isinstance(node, ast.Attribute):
        return node.attr == "format" and case.texts(node.value, scope) is not None
    bindings, _ = scope.lookup(node.id)
    return bool(bindings) and all(
        b.kind is Kind.VALUE and is_fixed(case, b.node, b.scope, depth + 1) for b in bindings
    )


def judge_type(case: Case, path: str, load: Load) -> None:
    """Classes that read and write memory as they are told: for isinstance and type hints only."""
    taken_out = load.role in (Role.KEY, Role.ITEM) and "get_args" in case.index.calls
    closed = load.role in _TYPES_ONLY.get(path, ()) or (taken_out and path in _TYPES_ONLY)
    if load.role is Role.ARGUMENT and path in _RAW:
        call = getattr(load.call, "func", None)
        closed = getattr(call, "attr", getattr(call, "id", "")) not in _TYPE_TAKERS
    if closed:
        message = f"{path} reads and writes memory as its arguments say"
        case.findings.add(
            "argument-closed", load.node, message, "Use np.array, np.zeros or np.full."
        )


@lru_cache(maxsize=4096)
def _table_of(path: str) -> str:
    tables = catalogue.tables()
    return next((t for t in tables if path == t or path.startswith(f"{t}.")), "")


def judge_table(case: Case, path: str, load: Load) -> None:
    """A table that a library keeps, such as `backtesting.lib.OHLCV_AGG`: for reading only."""
    table = _table_of(path)
    if not table:
        return
    rest = path.removeprefix(table).removeprefix(".")
    call = getattr(load.call, "func", None)
    taker = getattr(call, "attr", getattr(call, "id", ""))
    if rest:
        reads = rest.partition(".")[0] in _READERS
    else:
        reads = load.role in _READING or (load.role is Role.ARGUMENT and taker in _TAKERS)
    if not reads:
        message = f"{table} is kept for the whole process: it may be changed here"
        case.findings.add("module-patched", load.node, message, "Copy it first: dict(...).")
