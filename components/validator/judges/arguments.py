"""Functions that are fine by themselves, and harmful with some of their arguments."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable

from components.validator.analysis.index import Load, Role
from components.validator.analysis.scopes import Kind
from components.validator.judges import by_name, state
from components.validator.judges.attributes import judge_use
from components.validator.judges.common import BUILTINS as BUILTIN_NAMES
from components.validator.judges.common import Case, Use
from components.validator.registry.words import words

_OPTION_PREFIXES = ("display.", "mode.", "future.")
_PUBLIC_PREFIX = 2
_PASSIVE = frozenset(
    {Role.DERIVED, Role.TYPE, Role.INSPECTED, Role.TESTED, Role.COMPARED, Role.DECORATOR}
)
"""What may be done with such a function beside calling it."""
_LENIENT = ("pytest.", "abc.", "enum.")
_WRITE_OUT = words("""
    to_string to_markdown format format_map agg aggregate transform apply pivot_table plot hist
    boxplot
""")


def judge(case: Case, path: str, load: Load) -> None:
    """Judge what is done with a function of this path, if it is one of those that need it."""
    state.judge_table(case, path, load)
    state.judge_type(case, path, load)
    judge_call = _JUDGED.get(path)
    if judge_call is None:
        return
    direct = load.role in (Role.CALLED, Role.DECORATOR) and load.call is not None
    if direct and load.call is not None and not (load.chain and path.startswith("builtins.")):
        judge_call(case, load.call, load)
    elif load.role not in _PASSIVE and not path.startswith(_LENIENT):
        _passed_around(case, path, load)


def _passed_around(case: Case, path: str, load: Load) -> None:
    name = path.rpartition(".")[2]
    rule = "dynamic-attribute" if path in _DYNAMIC else "argument-closed"
    if path in ("builtins.type", "dataclasses.dataclass"):
        rule = "dynamic-class"
    message = f"{name} is passed around, where it can't be judged"
    case.findings.add(rule, load.node, message, "Use it directly, by its name.")


# --- getattr and its kin --------------------------------------------------------------------------


def _attribute(case: Case, call: ast.Call, load: Load) -> None:
    """getattr, setattr, delattr: as if the attribute were written out."""
    if len(call.args) < 2 or _unpacked(call):  # noqa: PLR2004  # object and name
        case.findings.add("dynamic-attribute", call, f"{load.node.id} with hidden arguments")
        return
    base, name = call.args[0], call.args[1]
    names = case.texts(name, load.scope)
    role = Role.VALUE if load.node.id == "getattr" else Role.STORED
    if names is None:
        if not (case.is_own(base, load.scope) and _prefix_is_safe(case, name)):
            message = f"{load.node.id} with a computed name"
            case.findings.add("dynamic-attribute", call, message)
        return
    for attr in sorted(names):
        _written_out(case, call, base, attr, load, role)


def _written_out(  # one attribute access in full
    case: Case, call: ast.Call, base: ast.expr, attr: str, load: Load, role: Role
) -> None:
    refs = case.project.resolve(base, load.scope, case.unit)
    for ref in refs:
        state.judge_table(case, f"{ref.path}.{attr}", load)
        if role is Role.STORED and not ref.own:
            case.findings.add("module-patched", call, f"{ref.path}.{attr} is being changed")
        if ref.module and not ref.own:
            refusal = case.doors.member(ref.path, attr, in_test=case.unit.test)
            if refusal is not None:
                case.findings.add(refusal.rule, call, refusal.message)
    _by_text(case, call, attr)
    if role is Role.STORED:
        state.judge_store(case, attr, call, base, load.scope)
    judge_use(case, Use(call, attr, base, load.scope, role))


def _by_text(case: Case, call: ast.Call, attr: str) -> None:
    """Methods that are judged by their arguments must be written out."""
    if attr in _WRITE_OUT:
        case.findings.add("dynamic-attribute", call, f".{attr} by its name as text")


def _prefix_is_safe(case: Case, name: ast.expr) -> bool:
    """A computed name of one's own object is fine when its beginning rules every door out."""
    while isinstance(name, ast.BinOp) and isinstance(name.op, ast.Add):
        name = name.left
    if isinstance(name, ast.JoinedStr) and name.values:
        name = name.values[0]
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return False
    prefix = name.value
    if len(prefix) < _PUBLIC_PREFIX or prefix.startswith("_"):
        return False
    closed = case.doors.closed_methods | _WRITE_OUT
    return not any(name.startswith(prefix) for name in closed)


def _unpacked(call: ast.Call) -> bool:
    return any(isinstance(arg, ast.Starred) for arg in call.args) or any(
        item.arg is None for item in call.keywords
    )


def _type(case: Case, call: ast.Call, load: Load) -> None:
    if len(call.args) != 1 or _unpacked(call) or call.keywords or _is_class(call, load):
        case.findings.add("dynamic-class", call, f"{load.node.id}() builds a class")


def _is_class(call: ast.Call, load: Load) -> bool:
    """`type(str)` and `type(type(x))` are type itself again."""
    inner = call.args[0]
    if isinstance(inner, ast.Call):
        return isinstance(inner.func, ast.Name) and inner.func.id == "type"
    if not isinstance(inner, ast.Name):
        return False
    bindings, _ = load.scope.lookup(inner.id)
    if not bindings:
        return inner.id in BUILTIN_NAMES and isinstance(getattr(builtins, inner.id), type)
    return all(binding.kind is Kind.CLASS for binding in bindings)


def _attrgetter(case: Case, call: ast.Call, load: Load) -> None:
    _named(case, call, load, call.args)


def _methodcaller(case: Case, call: ast.Call, load: Load) -> None:
    _named(case, call, load, call.args[:1])


def _named(case: Case, call: ast.Call, load: Load, wanted: list[ast.expr]) -> None:
    """Every name in these arguments is an attribute."""
    if _unpacked(call) or not wanted:
        case.findings.add("dynamic-attribute", call, "an attribute with a computed name")
    for arg in wanted:
        names = case.texts(arg, load.scope)
        if names is None:
            case.findings.add("dynamic-attribute", call, "an attribute with a computed name")
            continue
        for attr in {part for name in names for part in name.split(".")}:
            _by_text(case, call, attr)
            judge_use(case, Use(call, attr, call, load.scope, Role.VALUE))


# --- libraries ------------------------------------------------------------------------------------


def _basic_config(case: Case, call: ast.Call, load: Load) -> None:
    closed = {"filename", "filemode", "stream", "handlers", "style", None}
    for item in call.keywords:
        if item.arg in closed:
            what = item.arg or "hidden arguments"
            case.findings.add("argument-closed", call, f"{load.node.id}: basicConfig with {what}")


def _option(case: Case, call: ast.Call, load: Load) -> None:
    """Options come in pairs of name and value; plotting.backend loads a module by name."""
    if _unpacked(call):
        case.findings.add("argument-closed", call, "an option with a hidden name")
    for arg in call.args[::2]:
        names = case.texts(arg, load.scope)
        if names is None or not all(name.startswith(_OPTION_PREFIXES) for name in names):
            case.findings.add(
                "argument-closed", arg, "only display., mode. and future. options are open"
            )


def _setting(case: Case, call: ast.Call, load: Load) -> None:
    """What a library keeps for the whole process may be set to constants, and to no function."""
    values = [*call.args, *(item.value for item in call.keywords)]
    closed = [item.arg for item in call.keywords if item.arg in _CALLBACKS]
    for value in values:
        if not state.is_fixed(case, value, load.scope):
            message = f"{load.node.id}: kept for the whole process, so only constants may be set"
            case.findings.add("argument-closed", value, message, "Write the value out.")
    for name in closed:
        case.findings.add("argument-closed", call, f"a function is kept for the process: {name}")


def _options(case: Case, call: ast.Call, load: Load) -> None:
    _option(case, call, load)
    _setting(case, call, load)


def _resample(case: Case, call: ast.Call, load: Load) -> None:
    if _unpacked(call):
        case.findings.add("argument-closed", call, "resample_apply with hidden arguments")
    for item in call.keywords:
        if item.arg == "agg":
            by_name.judge_function(case, item.value, load.scope, bare=False)


def _heatmaps(case: Case, call: ast.Call, load: Load) -> None:
    if _unpacked(call) or any(item.arg == "filename" for item in call.keywords):
        case.findings.add("argument-closed", call, f"{load.node.id} into a file")


def _drawn(case: Case, call: ast.Call, load: Load) -> None:
    message = f"{load.node.id}: what is drawn is for the notebook, and goes into a file"
    case.findings.add("argument-closed", call, message, "Draw below the class, of what it gave.")


def _pivot(case: Case, call: ast.Call, load: Load) -> None:
    for item in call.keywords:
        if item.arg == "aggfunc":
            by_name.judge_function(case, item.value, load.scope, bare=False)


def _dataclass(case: Case, call: ast.Call, load: Load) -> None:
    if load.role is not Role.DECORATOR:
        case.findings.add("dynamic-class", call, "dataclass is used other than as a decorator")


def _metaclass(case: Case, call: ast.Call, load: Load) -> None:
    case.findings.add("dynamic-class", call, f"{load.node.id}() builds a class")


def _wraps(case: Case, call: ast.Call, load: Load) -> None:
    if _unpacked(call) or any(item.arg in ("assigned", "updated") for item in call.keywords):
        case.findings.add("argument-closed", call, f"{load.node.id} copies attributes by name")


def _formatter(case: Case, call: ast.Call, load: Load) -> None:
    if _unpacked(call) or any(item.arg in ("style", "defaults") for item in call.keywords):
        message = f"{load.node.id}: a log format of another style reads attributes"
        case.findings.add("argument-closed", call, message)


def _condition(case: Case, call: ast.Call, load: Load) -> None:
    """Pytest evaluates the conditions of skipif and xfail when they are text."""
    conditions = [*call.args, *(k.value for k in call.keywords if k.arg in ("condition", None))]
    for arg in conditions:
        if not isinstance(arg, ast.Compare | ast.BoolOp | ast.UnaryOp) and not (
            isinstance(arg, ast.Constant) and isinstance(arg.value, bool)
        ):
            case.findings.add("argument-closed", arg, f"{load.node.id}: a condition that is text")


_CALLBACKS = frozenset({"call", "formatter", "override_repr"})
Judge = Callable[[Case, ast.Call, Load], None]
_DYNAMIC: dict[str, Judge] = {
    "builtins.getattr": _attribute,
    "builtins.setattr": _attribute,
    "builtins.delattr": _attribute,
    "operator.attrgetter": _attrgetter,
    "operator.methodcaller": _methodcaller,
}
_JUDGED: dict[str, Judge] = {
    **_DYNAMIC,
    "builtins.type": _type,
    "logging.basicConfig": _basic_config,
    "dataclasses.dataclass": _dataclass,
    "abc.ABCMeta": _metaclass,
    "enum.EnumMeta": _metaclass,
    "enum.EnumType": _metaclass,
    "functools.wraps": _wraps,
    "functools.update_wrapper": _wraps,
    "logging.Formatter": _formatter,
    "pandas.set_option": _options,
    "pandas.option_context": _options,
    **dict.fromkeys(
        (
            "numpy.seterr",
            "numpy.errstate",
            "numpy.set_printoptions",
            "numpy.printoptions",
            "pandas.set_eng_float_format",
            "talib.set_unstable_period",
            "talib.set_compatibility",
            "logging.addLevelName",
            "logging.disable",
            "decimal.setcontext",
            "warnings.simplefilter",
            "warnings.filterwarnings",
        ),
        _setting,
    ),
    "pandas.reset_option": _option,
    "backtesting.lib.resample_apply": _resample,
    "backtesting.lib.plot_heatmaps": _heatmaps,
    "algoops.plot": _drawn,
    "pandas.crosstab": _pivot,
    "pandas.pivot_table": _pivot,
    "pytest.mark.skipif": _condition,  # why: a name in authors' tests, judged here
    "pytest.mark.xfail": _condition,  # why: as skipif
}
BUILTINS = frozenset({"getattr", "setattr", "delattr", "type"})
