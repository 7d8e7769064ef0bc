"""Names that are read: builtins, modules, and what is reached through them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from components.validator.analysis.index import INSPECTORS, Load, Role
from components.validator.judges import arguments, state, tests
from components.validator.judges.common import BUILTINS, Case, is_dunder
from components.validator.registry.words import CLOSED_BUILTINS, MODULE_FACTS

if TYPE_CHECKING:
    from components.validator.analysis.project import Ref

_QUIET = frozenset({Role.TESTED, Role.ALIASED})


def judge(case: Case) -> None:
    """Every name that is read."""
    index = case.index
    for name in index.loads:
        if name in index.modules:
            for load in index.loads_of(name):
                _module_name(case, name, load)
        elif name not in index.bound:
            _unbound(case, name)
        if name in CLOSED_BUILTINS or name in arguments.BUILTINS or _unknown_dunder(case, name):
            for load in index.loads_of(name):
                _special(case, name, load)


def _unknown_dunder(case: Case, name: str) -> bool:
    return name[0] == "_" and is_dunder(name) and name not in case.index.bound


def _unbound(case: Case, name: str) -> None:
    if name in BUILTINS or is_dunder(name) or name in CLOSED_BUILTINS:
        return
    loads = case.index.loads_of(name)
    if case.index.stars:
        for load in loads:
            _module_name(case, name, load)
    elif all(name != lost for lost, _place, _line in case.unit.cut.lost):
        case.findings.add("name-undefined", loads[0].node, f"{name} is nowhere defined")


def _special(case: Case, name: str, load: Load) -> None:
    """A name that means something to Python itself, where it is not the file's own."""
    bindings, falls = load.scope.lookup(name)
    case.project.spend(len(bindings))
    if name in MODULE_FACTS or not falls or (bindings and _surely_bound(case, name, load)):
        return
    if name in arguments.BUILTINS:
        arguments.judge(case, f"builtins.{name}", load)
    else:
        case.findings.add("builtin-closed", load.node, f"{name} is closed to strategies")


def _surely_bound(case: Case, name: str, load: Load) -> bool:
    """Whether the file's own name is there for certain, so that no builtin shines through.

    In a module or a class a name that isn't bound yet falls through: only a statement of the
    body itself, above, and never deleted, counts.
    """
    body = case.index.tree.body
    if load.scope.kind == "class" and load.scope.owner is not None:
        body = [*body, *load.scope.owner.body]
    if is_dunder(name) or name in case.index.deleted:
        return False
    case.project.spend(len(body))
    return any(_binds(item, name) for item in body if item.lineno < load.node.lineno)


def _binds(item: ast.stmt, name: str) -> bool:
    if isinstance(item, ast.FunctionDef | ast.ClassDef):
        return item.name == name
    targets = item.targets if isinstance(item, ast.Assign) else ()
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _module_name(case: Case, name: str, load: Load) -> None:
    project, unit = case.project, case.unit
    bindings, falls = load.scope.lookup(name)
    project.spend(len(bindings))
    refs = [ref for b in bindings for ref in project.bound(b, unit)]
    if not bindings and falls:
        refs = project.starred(name, unit)
        if not refs:
            case.findings.add("name-undefined", load.node, f"{name} is nowhere defined")
        for ref in refs:
            _member(case, ref.path.rpartition(".")[0], name, load.node)
    for ref in dict.fromkeys(refs):
        _follow(case, ref, load)


def _follow(case: Case, ref: Ref, load: Load) -> None:
    """Walk along the attributes of something from outside, as far as they are modules."""
    project, doors = case.project, case.doors
    for position, node in enumerate(load.chain):
        if ref.module and not ref.own and not _member(case, ref.path, node.attr, node):
            return
        steps = project.step(ref, node.attr)
        for other in steps[1:]:
            rest = load._replace(chain=load.chain[position + 1 :])
            _follow(case, other, rest)
        borrowed = ref.own and not steps[0].own
        ref = steps[0]
        if borrowed and not _borrowed(case, ref, node):
            return
        if refusal := doors.option(ref.path):
            case.findings.add(refusal.rule, node, refusal.message)
            return
    _arrive(case, ref, load)


def _member(case: Case, path: str, name: str, node: ast.AST) -> bool:
    refusal = case.doors.member(path, name, in_test=case.unit.test)
    if refusal is not None:
        case.findings.add(refusal.rule, node, refusal.message)
    return refusal is None


def _borrowed(case: Case, ref: Ref, node: ast.AST) -> bool:
    if ref.module:
        refusal = case.doors.module(ref.path, in_test=case.unit.test)
        if refusal is not None:
            case.findings.add(refusal.rule, node, refusal.message)
        return refusal is None
    home, _, name = ref.path.rpartition(".")
    return _member(case, home, name, node)


def _arrive(case: Case, ref: Ref, load: Load) -> None:
    quiet = load.role in _QUIET or (load.role is Role.INSPECTED and _is_builtin(case))
    quiet = quiet or (ref.own and tests.patches(case, load))
    if ref.module and load.role is not Role.STORED and not quiet:
        case.findings.add(
            "module-value", load.node, f"the module {ref.path.lstrip('.')} is used as a value"
        )
    elif _changes(case, ref, load):
        case.findings.add("module-patched", load.node, f"{ref.path} is being changed")
    else:
        arguments.judge(case, ref.path, load)


def _changes(case: Case, ref: Ref, load: Load) -> bool:
    """Whether an attribute of something from outside is assigned, or an item of pandas' options."""
    if load.role is Role.FILLED:
        return ref.path.startswith("pandas.options")
    stored = load.role is Role.STORED and bool(load.chain)
    return stored and not ref.own and not _settable(case, ref.path)


def _is_builtin(case: Case) -> bool:
    """Whether getattr and hasattr are Python's own throughout the file."""
    return not INSPECTORS & case.index.bound


def _settable(case: Case, path: str) -> bool:
    """Options of pandas, to constants."""
    home, _, name = path.rpartition(".")
    values = case.index.attribute_values.get(name, [])
    fixed = all(state.is_fixed(case, place.node, place.scope) for place in values)
    return home.startswith("pandas.options") and bool(values) and fixed
