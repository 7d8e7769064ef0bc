"""Edits after which a finding is gone, where they take no knowledge of what the author means.

Each says what it expects to stand where it changes something; where the source holds something
else (another spacing, an f-string's positions before Python 3.12), no fix is offered.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from components.schema.results.fixes import Edit
from components.validator.registry import catalogue

if TYPE_CHECKING:
    from components.validator.judges.common import Case

HOMES = (
    ("typing_extensions", "typing"),
    ("collections", "collections.abc"),
    ("pandas.core.frame", "pandas"),
    ("pandas.core.series", "pandas"),
    ("pandas.core.api", "pandas"),
)
"""Modules, and those where names of theirs are the same objects."""

_SEED = "0"


ROLLED = (
    "Use shift() of pandas by a positive number. No fix is offered: np.roll() by a positive number "
    "brings the last values to the first bars."
)
_TRAINED = (
    "Use a positive number. No fix is offered: where a model is trained, the values may be what it "
    "learns from; then keep them out of what trades."
)
_NAMED = (
    "Use a positive number. No fix is offered: what stands behind the minus is not just a number."
)


UNSEEDED = (
    "Use np.random.default_rng(seed) or random.Random(seed). No fix is offered: no place was found "
    "where a line that seeds it is sure to be right."
)


def without_minus(case: Case, node: ast.expr | None) -> Edit | str:
    """`-1` -> `1`; where that is no safe change, the words that say why."""
    if case.index.calls.get("fit"):
        return _TRAINED
    if not isinstance(node, ast.UnaryOp) or not isinstance(node.operand, ast.Constant):
        return _NAMED  # a name may hold a negative number itself
    start, end = _start(case, node), _start(case, node.operand)
    lines = case.unit.lines[start[0] - 1 : end[0]]
    between = "\n".join([*lines[:-1], lines[-1][: end[1] - 1]])[start[1] - 1 :]
    if "#" in between or "\\" in between:
        return _NAMED
    return Edit(*start, *end, between.replace("-", "", 1).strip(), between)


def swapped(case: Case, node: ast.expr, there: str, text: str) -> Edit:
    """One expression for another."""
    return Edit(*_start(case, node), *_end(case, node), text, there)


def quoted(case: Case, node: ast.expr, there: str, text: str) -> Edit:
    """One text for another, in the quotes that it stands in."""
    line, column = _start(case, node)
    quote = case.unit.lines[line - 1][column - 1 : column]
    return swapped(case, node, f"{quote}{there}{quote}", f"{quote}{text}{quote}")


def called(case: Case, func: ast.Attribute, text: str) -> Edit:
    """Another method of the same object: `x.bfill` -> `x.ffill`."""
    line, end = _end(case, func)
    return Edit(line, end - len(func.attr), line, end, text, func.attr)


def seeded(case: Case, call: ast.Call) -> Edit | None:
    """`default_rng()` -> `default_rng(0)`, `default_rng(seed=None)` -> `default_rng(seed=0)`."""
    given = [*call.args, *(item.value for item in call.keywords)]
    if given:
        return swapped(case, given[0], "None", _SEED) if len(given) == 1 else None
    line, end = _end(case, call)
    return Edit(line, end - 1, line, end, f"{_SEED})", ")")


def seed_line(case: Case, call: ast.Call, path: str) -> Edit | None:
    """A line that seeds the shared generator, after the import by which it was reached.

    Args:
        case: the file.
        call: what draws.
        path: of what is called, from its module on.
    """
    func = call.func
    root = func
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name) or len(case.index.top.bindings.get(root.id, ())) != 1:
        return None
    for statement in case.index.tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom) and any(
            (item.asname or item.name.partition(".")[0]) == root.id for item in statement.names
        ):
            last = statement.end_lineno or statement.lineno
            line = f"from {path.rpartition('.')[0]} import seed\n\nseed({_SEED})\n"
            if isinstance(func, ast.Attribute):
                line = f"{ast.unparse(func.value)}.seed({_SEED})\n"
            elif "seed" in case.index.bound | case.index.modules:
                return None
            return _line_before(case, last + 1, line) if _alone(case, statement) else None
    return None


def super_call(case: Case, method: ast.FunctionDef) -> Edit | None:
    """The call of the same method of `super()`, as the first statement."""
    body = [item for i, item in enumerate(method.body) if i or not _is_docstring(item)]
    if not body or not method.args.args:
        return None
    first = body[0]
    line = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", ()))])
    text = case.unit.lines[line - 1]
    indent = text[: len(text) - len(text.lstrip())]
    if not _is_indent(case, first, line, indent):
        return None
    arguments = _passed_on(method.args) if method.name == "__init__" else ""
    return _line_before(case, line, f"{indent}super().{method.name}({arguments})\n")


def from_home(case: Case, node: ast.ImportFrom) -> Edit | None:
    """The module where the same objects may be imported from."""
    path = "" if node.level else node.module or ""
    for old, new in HOMES:
        if path == old:
            known = catalogue.names().get(new, frozenset())
            names = {item.name for item in node.names}
            if names <= known and not any(
                case.doors.member(new, name, in_test=case.unit.test) for name in names
            ):
                line, column = _start(case, node)
                at = column + len("from ")
                return Edit(line, at, line, at + len(path), new, path)
    return None


def without_statement(case: Case, node: ast.stmt) -> Edit | None:
    """The lines of a statement at module level taken out; it must not be the only one."""
    last = node.end_lineno or node.lineno
    body = case.index.tree.body
    if node not in body or len(body) == 1 or not _alone(case, node):
        return None
    lines = case.unit.lines
    if last >= len(lines) or _continues(case, node.lineno):
        return None
    return Edit(node.lineno, 1, last + 1, 1, "")


def _start(case: Case, node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, case.findings.column(node.lineno, node.col_offset)


def _end(case: Case, node: ast.expr) -> tuple[int, int]:
    line = node.end_lineno or node.lineno
    return line, case.findings.column(line, node.end_col_offset or node.col_offset)


def _line_before(case: Case, line: int, text: str) -> Edit | None:
    if line > len(case.unit.lines) or _continues(case, line):
        return None
    return Edit(line, 1, line, 1, text)


def _continues(case: Case, line: int) -> bool:
    """Whether a line is the rest of the one before it."""
    return line > 1 and case.unit.lines[line - 2].rstrip("\r").endswith("\\")


def _alone(case: Case, node: ast.stmt) -> bool:
    """Whether no other statement stands on its lines."""
    last = node.end_lineno or node.lineno
    return all(
        other is node or other.lineno > last or (other.end_lineno or other.lineno) < node.lineno
        for other in case.index.tree.body
    )


def _is_docstring(item: ast.stmt) -> bool:
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)


def _is_indent(case: Case, first: ast.stmt, line: int, indent: str) -> bool:
    return first.lineno != line or _start(case, first)[1] == len(indent) + 1


def _passed_on(given: ast.arguments) -> str:
    """The parameters of a method after its first, as arguments of a call."""
    names = [item.arg for item in (*given.posonlyargs, *given.args)][1:]
    names += [f"*{given.vararg.arg}"] if given.vararg else []
    names += [f"{item.arg}={item.arg}" for item in given.kwonlyargs]
    names += [f"**{given.kwarg.arg}"] if given.kwarg else []
    return ", ".join(names)
