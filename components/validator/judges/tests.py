"""The author's own tests: they may test the strategy, not change how pytest judges."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from components.validator.analysis.index import Load, Role
from components.validator.registry.words import words

if TYPE_CHECKING:
    from components.validator.analysis.index import Place
    from components.validator.judges.common import Case

_RULE = "test-machinery"
_CLOSED_FIXTURES = words("""
    pytestconfig pytester testdir cache doctest_namespace record_testsuite_property
    tmp_path tmp_path_factory tmpdir tmpdir_factory
""")
_CLOSED_NAMES = words("pytest_plugins collect_ignore collect_ignore_glob __pytest_wrapped__")
_PHASES = words("""
    setup_module teardown_module setup_function teardown_function setup_method teardown_method
    setup_class teardown_class setUpModule tearDownModule
""")
_FIXTURE_PATHS = frozenset({"pytest.fixture"})
_REQUEST = frozenset({"param"})
_PATCHES = frozenset({"setattr", "setitem", "undo"})
_PLACED = 3
"""Arguments of `monkeypatch.setattr(object, "name", value)`."""


def judge(case: Case) -> None:
    """Hooks everywhere; fixtures where pytest would give them."""
    for place in case.index.functions:
        _function(case, place)
    for name in _CLOSED_NAMES & case.index.bound:
        case.findings.add(_RULE, _binding(case, name), f"{name} changes which tests are run")
    if case.unit.test:
        _named_fixtures(case)
        _bound_hooks(case)
        for name in ("request", "monkeypatch"):
            for load in case.index.loads_of(name):
                if load.scope.kind == "function" and not load.scope.name:
                    _use(case, name, load)  # of a lambda


def _named_fixtures(case: Case) -> None:
    for call, scope in case.index.calls.get("usefixtures", ()):
        for arg in call.args:
            if (case.texts(arg, scope) or _CLOSED_FIXTURES) & _CLOSED_FIXTURES:
                case.findings.add(_RULE, arg, "this fixture leads into pytest or to files")


def _bound_hooks(case: Case) -> None:
    """A hook that is assigned or imported."""
    for bindings in (case.index.top.bindings, *case.index.class_bindings.values()):
        for name in bindings:
            if name.startswith("pytest_") and name not in _CLOSED_NAMES:
                case.findings.add(_RULE, bindings[name][0].node, f"{name} is a hook of pytest's")


def _binding(case: Case, name: str) -> ast.AST:
    bindings = case.index.top.bindings.get(name)
    return bindings[0].node if bindings else case.index.tree.body[0]


def _function(case: Case, place: Place) -> None:
    node = place.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    if node.name.startswith("pytest_"):
        case.findings.add(_RULE, node, f"{node.name} is a hook of pytest's")
    if not case.unit.test:
        return
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    own = 1 if place.scope.kind == "class" else 0
    if node.name in _PHASES and len(arguments) > own:
        case.findings.add(_RULE, node, f"{node.name} is given a module or a function")
    if not node.name.startswith("test") and not _is_fixture(case, place, node):
        return
    for arg in arguments:
        if arg.arg in _CLOSED_FIXTURES:
            case.findings.add(_RULE, arg, f"the fixture {arg.arg} leads into pytest or to files")
        elif arg.arg in ("request", "monkeypatch"):
            _uses(case, arg)


def _is_fixture(case: Case, place: Place, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    called = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
    return any(case.path(decorator, place.scope) in _FIXTURE_PATHS for decorator in called)


def _uses(case: Case, arg: ast.arg) -> None:
    for load in case.index.loads_of(arg.arg):
        bindings, _ = load.scope.lookup(arg.arg)
        if not any(b.node is arg for b in bindings):
            continue
        _use(case, arg.arg, load)


def _use(case: Case, name: str, load: Load) -> None:
    attr = load.chain[0].attr if load.chain else ""
    if name == "request":
        open_ = attr in _REQUEST and load.role is not Role.STORED
    else:
        open_ = attr in _PATCHES and _patches_own(case, load)
    if not open_:
        what = f"{name}.{attr}" if attr else f"{name} as a value"
        case.findings.add(_RULE, load.node, f"{what} leads into pytest or into libraries")


def patches(case: Case, load: Load) -> bool:
    """Whether a test patches a module of the folder: `monkeypatch.setattr(strategy, ...)`."""
    if not case.unit.test or load.role is not Role.ARGUMENT or load.call is None:
        return False
    func = load.call.func
    target = func.value if isinstance(func, ast.Attribute) and func.attr == "setattr" else None
    return getattr(target, "id", "") == "monkeypatch" and load.call.args[:1] == [load.node]


def _patches_own(case: Case, load: Load) -> bool:
    """`monkeypatch.setattr(own, "name", value)`: only what is the strategy's own."""
    call = load.call
    if load.role is not Role.CALLED or call is None or len(load.chain) != 1:
        return False
    if load.chain[0].attr == "undo":
        return True
    if load.chain[0].attr == "setattr" and len(call.args) == _PLACED - 1:
        return _names_own(case, call.args[0], load)
    if len(call.args) != _PLACED:
        return False
    target, name, _ = call.args
    refs = case.project.resolve(target, load.scope, case.unit)
    own = case.is_own(target, load.scope) or (bool(refs) and all(ref.own for ref in refs))
    names = case.texts(name, load.scope)
    return own and names is not None and not any(n.startswith("_") for n in names)


def _names_own(case: Case, node: ast.expr, load: Load) -> bool:
    """`"strategy.SIZE"`: a plain name of a module of the folder."""
    for text in case.texts(node, load.scope) or ("",):
        module, _, name = text.rpartition(".")
        if f".{module}" not in case.project.units or name.startswith("_"):
            return False
    return True
