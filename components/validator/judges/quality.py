"""Warnings: what will probably not do what its author means."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from components.validator.judges import fixes
from components.validator.registry import catalogue
from components.validator.registry.words import words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from components.validator.analysis.project import Unit
    from components.validator.analysis.scopes import Scope
    from components.validator.judges.common import Case


_MAIN = "strategy.py"
_DEPTH = 8
_NUMBERED = (int, float, bool, str)
_CLOCKS = words("""
    datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow datetime.date.today
    time.time time.time_ns time.localtime time.gmtime time.ctime
    pandas.Timestamp.now pandas.Timestamp.today pandas.Timestamp.utcnow
""")
_SEEDED = words("""
    default_rng Random RandomState SeedSequence PCG64 PCG64DXSM Philox SFC64 MT19937
""")
_NO_DRAW = words("setstate set_state Generator getstate get_state")
_BACKWARD = frozenset({"bfill", "backfill"})
_BASES = frozenset({"Strategy", "PortfolioStrategy"})
_COMPOSED = frozenset({"SignalStrategy", "TrailingStrategy"})
"""Strategies of `backtesting.lib`, whose own init() and next() do their work."""


def judge(case: Case, parameters: Collection[str] | None) -> None:
    """All quality rules.

    Args:
        case: the file.
        parameters: names that the definition knows, or None when it isn't at hand.
    """
    if not case.unit.test:
        _strategies(case, parameters)
    _shifts(case)
    _windows(case)
    _calls(case)


def _strategies(case: Case, parameters: Collection[str] | None) -> None:
    index = case.index
    classes = [p.node for p in index.classes if isinstance(p.node, ast.ClassDef)]
    names = _strategy_names(case, case.unit) if classes else set()
    found = [node for node in classes if node.name in names]
    used = {base.id for node in classes for base in node.bases if isinstance(base, ast.Name)}
    leaves = [node for node in found if node.name not in used]
    if case.unit.file.rpartition("/")[2] == _MAIN or case.unit.path == ".":
        if not found:
            case.findings.add("strategy-missing", index.tree, "there is no subclass of Strategy")
        for extra in leaves[1:]:
            case.findings.add("strategy-several", extra, f"{extra.name} is one strategy too many")
    for node in leaves:
        _methods(case, node, found)
    for node in found:
        _attributes(case, node, parameters)
        _kept_columns(case, node)
        libraries = {_name_of(base) for base in node.bases} & _COMPOSED - names
        _supers(case, node, ("__init__", "init", "next") if libraries else ("__init__",))
        if "TrailingStrategy" in libraries:
            case.findings.add("trailing-first-bars", node, f"{node.name} is a TrailingStrategy")


def _name_of(base: ast.expr) -> str:
    return str(getattr(base, "id", "") or getattr(base, "attr", ""))


def _supers(case: Case, node: ast.ClassDef, names: tuple[str, ...]) -> None:
    """Methods that replace what their base does, and never call it."""
    for item in node.body:
        if not isinstance(item, ast.FunctionDef) or item.name not in names:
            continue
        if not any(isinstance(n, ast.Attribute) and n.attr == item.name for n in ast.walk(item)):
            message = f"{node.name}.{item.name}() does not call super().{item.name}()"
            edit = fixes.super_call(case, item)
            case.findings.add("super-missing", item, message, edit=edit)


def _strategy_names(case: Case, unit: Unit, depth: int = 0) -> set[str]:
    """Classes of a file that derive from Strategy, directly or through each other."""
    known: set[str] = set()
    for place in unit.index.classes:
        node = place.node
        if isinstance(node, ast.ClassDef) and any(
            getattr(base, "id", "") in known or _is_strategy(case, unit, base, place.scope, depth)
            for base in node.bases
        ):
            known.add(node.name)
    return known


def _is_strategy(case: Case, unit: Unit, base: ast.expr, scope: Scope, depth: int) -> bool:
    """Whether a base is the engine's Strategy or one of its kind, or a helper module's class."""
    if _name_of(base) in _BASES:
        return True
    for ref in case.project.resolve(base, scope, unit):
        home, _, name = ref.path.rpartition(".")
        helper = case.project.units.get(home)
        if ref.path.startswith(("backtesting.", "algoops.")) and name.endswith("Strategy"):
            return True
        if helper is not None and depth < _DEPTH:
            return name in _strategy_names(case, helper, depth + 1)
    return False


def _methods(case: Case, node: ast.ClassDef, family: list[ast.ClassDef]) -> None:
    known = {item.name: item for item in family}
    present: set[str] = set()
    waiting, seen, complete = [node], set[ast.ClassDef](), True
    while waiting:
        current = waiting.pop()
        if current in seen:  # two classes of one name may derive from each other
            continue
        seen.add(current)
        present |= {getattr(item, "name", "") for item in current.body}
        for base in current.bases:
            name = getattr(base, "id", getattr(base, "attr", ""))
            if name in known:
                waiting.append(known[name])
            complete = complete and (name in known or name in _BASES)
    for name in ("init", "next"):
        if complete and name not in present:
            case.findings.add("method-missing", node, f"{node.name} has no {name}()")


def _attributes(case: Case, node: ast.ClassDef, parameters: Collection[str] | None) -> None:
    for item in node.body:
        target, value = _assignment(item)
        if not target or target.startswith("_") or value is None:
            continue
        if isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp):
            case.findings.add("mutable-class-state", item, f"{target} is shared by all runs")
        elif parameters is not None and target not in parameters and _is_number(value):
            message = f"{target} is not a parameter of the definition"
            case.findings.add("parameter-unknown", item, message)


def _kept_columns(case: Case, node: ast.ClassDef) -> None:
    """A column that init() keeps and next() reads: all bars of it, not those so far."""
    methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
    read = {
        inner.attr
        for method in methods
        if method.name != "init"
        for inner in ast.walk(method)
        if isinstance(inner, ast.Attribute) and _is_self(inner.value)
    }
    for item in (item for method in methods if method.name == "init" for item in method.body):
        if not isinstance(item, ast.Assign):
            continue
        target, column = item.targets[0], _column(item.value)
        if column is not None and isinstance(target, ast.Attribute) and target.attr in read:
            message = f"self.{target.attr} keeps the whole column, future bars included"
            hint = f"Read {ast.unparse(column)} in next(): it holds the bars so far."
            case.findings.add("column-kept", item, message, hint)


def _column(node: ast.expr) -> ast.Attribute | None:
    """A column of `self.data` or `self.data[symbol]`, also as what a dict or a list holds."""
    if isinstance(node, ast.Dict | ast.DictComp | ast.List | ast.Tuple | ast.ListComp):
        found = getattr(node, "values", None) or getattr(node, "elts", None) or []
        found = [*found, *(getattr(node, part, None) for part in ("value", "elt"))]
        return next((c for part in found if part is not None and (c := _column(part))), None)
    if not isinstance(node, ast.Attribute):
        return None
    base = node.value.value if isinstance(node.value, ast.Subscript) else node.value
    return node if isinstance(base, ast.Attribute) and base.attr == "data" else None


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _assignment(item: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
        return item.targets[0].id, item.value
    if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
        return item.target.id, item.value
    return "", None


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant) and isinstance(inner.value, _NUMBERED)


def _negative(node: ast.expr | None) -> bool:
    return (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant | ast.Name | ast.Attribute)
    )


def _argument(call: ast.Call, position: int, *names: str) -> ast.expr | None:
    for item in call.keywords:
        if item.arg in names:
            return item.value
    return call.args[position] if len(call.args) > position else None


def _calls_of(case: Case, *names: str) -> list[ast.Call]:
    return [call for name in names for call, _ in case.index.calls.get(name, ())]


def _shifts(case: Case) -> None:
    for call in _calls_of(case, "shift", "tshift", "pct_change", "diff"):
        periods = _argument(call, 0, "periods")
        if isinstance(call.func, ast.Attribute) and _negative(periods):
            message = f"{call.func.attr} by a negative number"
            mend = fixes.without_minus(case, periods)
            edit, hint = (None, mend) if isinstance(mend, str) else (mend, "")
            case.findings.add("lookahead-shift", call, message, hint, edit)
    for call in _calls_of(case, "roll"):
        if _negative(_argument(call, 1, "shift")):
            message = "np.roll by a negative number"
            case.findings.add("lookahead-shift", call, message, fixes.ROLLED)


def _windows(case: Case) -> None:
    for call in _calls_of(case, "rolling"):
        center = _argument(call, 2, "center")
        if isinstance(center, ast.Constant) and center.value is True:
            edit = fixes.swapped(case, center, "True", "False")
            case.findings.add("lookahead-window", call, "this window is centred", edit=edit)
    for call in _calls_of(case, *_BACKWARD):
        if isinstance(call.func, ast.Attribute):
            message = f"{call.func.attr} fills from the future"
            edit = fixes.called(case, call.func, "ffill")
            case.findings.add("lookahead-fill", call, message, edit=edit)
    for call in _calls_of(case, "fillna", "interpolate"):
        method = _argument(call, 1, "method", "limit_direction")
        if isinstance(method, ast.Constant) and method.value in (*_BACKWARD, "backward", "both"):
            filled = f"filled by {method.value}"
            known = method.value in _BACKWARD
            mend = fixes.quoted(case, method, str(method.value), "ffill") if known else None
            case.findings.add("lookahead-fill", call, filled, edit=mend)


def _calls(case: Case) -> None:
    found = list(_resolved(case))
    seeded = {home for call, home, name in found if name == "seed" and not _no_seed(call)}
    for call, home, name in found:
        if f"{home}.{name}" in _CLOCKS:
            message = f"{home}.{name}() is the time of day, not the bar's"
            case.findings.add("wall-clock", call, message)
        elif home in _GENERATORS:
            _draw(case, call, f"{home}.{name}", seeded=home in seeded)
    for call, scope in case.index.calls.get("print", ()):
        if scope.method() == "next":
            case.findings.add("print-in-next", call, "this prints once a bar")


def _resolved(case: Case) -> Iterator[tuple[ast.Call, str, str]]:
    """Calls of what may be a clock or a generator: each with its module, and its name there."""
    names = set(_CLOCK_NAMES)
    if any(_draws_come_with(place.node) for place in case.index.imports):
        names |= _draws() | case.index.modules  # under another name, too
    for called in names & case.index.calls.keys():
        for call, scope in case.index.calls[called]:
            home, _, name = case.path(call.func, scope).rpartition(".")
            if home in _GENERATORS or f"{home}.{name}" in _CLOCKS:
                yield call, home, name


def _draws_come_with(node: ast.AST) -> bool:
    """Whether an import may bring a generator."""
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] in _RANDOM_ROOTS
    found = node.names if isinstance(node, ast.Import) else ()
    return any(item.name.partition(".")[0] in _RANDOM_ROOTS for item in found)


_CLOCK_NAMES = frozenset(path.rpartition(".")[2] for path in _CLOCKS)
_GENERATORS = frozenset({"random", "numpy.random"})
_RANDOM_ROOTS = frozenset({"random", "numpy"})


@cache
def _draws() -> frozenset[str]:
    """Names of everything that draws from a generator, or makes one."""
    return catalogue.names()["random"] | catalogue.names()["numpy.random"]


def _draw(case: Case, call: ast.Call, path: str, *, seeded: bool) -> None:
    """A call of something in the module of a generator."""
    name = path.rpartition(".")[2]
    if name in _SEEDED or name == "seed":
        if _no_seed(call):
            edit = fixes.seeded(case, call)
            case.findings.add("random-unseeded", call, f"{name}() has no seed", edit=edit)
    elif not seeded and name not in _NO_DRAW:
        message = f"{path} draws from the shared generator"
        edit = fixes.seed_line(case, call, path) if case.findings.room else None
        hint = "" if edit is not None else fixes.UNSEEDED
        case.findings.add("random-unseeded", call, message, hint, edit)


def _no_seed(call: ast.Call) -> bool:
    """Whether a generator is made, or seeded, by nothing or by `None`: by chance."""
    given = [*call.args, *(item.value for item in call.keywords)]
    return all(isinstance(one, ast.Constant) and one.value is None for one in given)
