"""Imports: exact module paths, and the names taken from them."""

import ast

from components.schema.results.fixes import Edit
from components.validator.analysis.scopes import Scope
from components.validator.judges import fixes, import_hints
from components.validator.judges.common import Case


def judge(case: Case) -> None:
    """Every import statement, wherever it stands."""
    for place in case.index.imports:
        if isinstance(place.node, ast.Import):
            _plain(case, place.node, place.scope)
        elif isinstance(place.node, ast.ImportFrom):
            _from(case, place.node, place.scope)


def _plain(case: Case, node: ast.Import, scope: Scope) -> None:
    for item in node.names:
        if scope.kind == "class":
            case.findings.add("import-in-class", item, f"{item.name} is imported in a class body")
        if case.project.local_module(case.unit, item.name) is None:
            _module(case, item.name, item, node)


def _module(case: Case, path: str, place: ast.AST, node: ast.Import | ast.ImportFrom) -> bool:
    """Judge a module that a statement imports; whether nothing refuses it."""
    refusal = case.doors.module(path, in_test=case.unit.test)
    if refusal is None:
        return True
    names = [place] if isinstance(place, ast.alias) else node.names
    hint = import_hints.of_module(case, refusal.rule, path, names)
    case.findings.add(refusal.rule, place, refusal.message, hint, _mended(case, node))
    return False


def _mended(case: Case, node: ast.Import | ast.ImportFrom) -> Edit | None:
    """The statement taken out where nothing uses it, else its names from where they are open."""
    if not case.findings.room:
        return None
    if not any(import_hints.is_used(case, item) for item in node.names):
        return fixes.without_statement(case, node)
    return fixes.from_home(case, node) if isinstance(node, ast.ImportFrom) else None


def _from(case: Case, node: ast.ImportFrom, scope: Scope) -> None:
    path = "." * node.level + (node.module or "")
    local = case.project.local_module(case.unit, path)
    if local is not None:
        _local(case, node, local)
    elif _module(case, path, node, node):
        for item in node.names:
            _member(case, path, item, node)
    if scope.kind == "class" and any(_is_module(case, path, a.name) for a in node.names):
        case.findings.add("import-in-class", node, "a module is imported in a class body")


def _is_module(case: Case, path: str, name: str) -> bool:
    local = case.project.local_module(case.unit, path)
    refs = case.project.member(path if local is None else local, name)
    return name == "*" or any(ref.module for ref in refs)


def _member(case: Case, path: str, item: ast.alias, node: ast.ImportFrom) -> None:
    if item.name == "*":
        case.findings.add("import-star", item, f"everything is imported from {path}")
        refusal = case.doors.star(path)
    else:
        refusal = case.doors.member(path, item.name, in_test=case.unit.test)
    if refusal is not None:
        edit = fixes.from_home(case, node)
        case.findings.add(refusal.rule, item, refusal.message, edit=edit)


def _local(case: Case, node: ast.ImportFrom, path: str) -> None:
    project = case.project
    if not path or (path not in project.units and path not in project.folders):
        where = "leaves the strategy's folder" if not path else "names no file of the folder"
        hint = import_hints.of_file(node.module or node.names[0].name)
        case.findings.add("import-relative", node, f"this import {where}", hint)
        return
    for item in node.names:
        if item.name == "*":
            case.findings.add("import-star", item, f"everything is imported from {path}")
            continue
        for ref in project.member(path, item.name):
            if not ref.own:
                _borrowed(case, ref.path, item, module=ref.module)


def _borrowed(case: Case, path: str, item: ast.alias, *, module: bool) -> None:
    """Something from outside that comes through a helper module is judged as if imported here."""
    home, _, name = path.rpartition(".")
    doors, in_test = case.doors, case.unit.test
    if module or not home:
        refusal = doors.module(path, in_test=in_test)
    else:
        refusal = doors.member(home, name, in_test=in_test)
    if refusal is not None:
        case.findings.add(refusal.rule, item, refusal.message)
