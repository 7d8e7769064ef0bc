"""Constants that explode and loops that never end."""

from __future__ import annotations

import ast
import math
import re
from typing import TYPE_CHECKING

from components.validator.words import words

if TYPE_CHECKING:
    from components.validator.judges.common import Case

_DEPTH = 8
_ARGUMENT_BITS = 4096
_SLACK = 10
_WIDE = re.compile(r"\d{7}")
_FIRST = words("""
    bytes bytearray zeros ones empty full eye identity arange factorial ljust rjust center zfill
""")
_BUILDERS = {**dict.fromkeys(_FIRST, 0), "pow": 1, "tile": -1, "repeat": -1}
"""Functions that make something large -> the argument that says how large."""
_ENDLESS = frozenset({"itertools.count", "itertools.cycle"})


def judge(case: Case) -> None:
    """Powers, shifts, repetitions; while loops."""
    for place in case.index.operations:
        if isinstance(place.node, ast.BinOp):
            _operation(case, place.node)
    for name in _BUILDERS & case.index.calls.keys():
        for call, _ in case.index.calls[name]:
            _arguments(case, call, name)
    for width in case.index.widths:
        if _WIDE.search(str(width.value)):
            case.findings.add("constant-bomb", width, "a text this wide fills the memory")
    for loop in case.index.loops:
        if _endless(case, loop) and not _leaves(loop.body):
            case.findings.add("endless-loop", loop, "nothing in this loop ever leaves it")


def _arguments(case: Case, call: ast.Call, name: str) -> None:
    """Functions that make something as large as one of their arguments says."""
    position = _BUILDERS[name]
    if len(call.args) < max(1, position + 1) or (name == "arange" and len(call.args) > 1):
        return
    arg = call.args[position]
    parts = arg.elts if isinstance(arg, ast.Tuple | ast.List) else [arg]
    values = [_value(part, _ARGUMENT_BITS) for part in parts]
    size = math.prod(abs(value) for value in values if isinstance(value, int))
    if _HUGE in values or size > _SLACK * case.findings.policy.limits.repeat:
        case.findings.add("constant-bomb", call, f"{name} of this size fills the memory")


def _endless(case: Case, loop: ast.While | ast.For | ast.AsyncFor) -> bool:
    if isinstance(loop, ast.While):
        return _always(loop.test)
    call = loop.iter
    if not isinstance(call, ast.Call):
        return False
    path = case.path(call.func, case.index.top)
    once = path == "itertools.repeat" and len(call.args) == 1 and not call.keywords
    return once or path in _ENDLESS


def _operation(case: Case, node: ast.BinOp) -> None:
    limits = case.findings.policy.limits
    right = _value(node.right, limits.result_bits)
    if isinstance(node.op, ast.Mult):
        if _repeats(node, limits.repeat):
            case.findings.add("constant-bomb", node, "a repetition this long fills the memory")
        return
    left = _value(node.left, limits.result_bits)
    if not isinstance(left, int) or not isinstance(right, int):
        huge = right is _HUGE or (left is _HUGE and isinstance(right, int) and right > 1)
    elif isinstance(node.op, ast.LShift):
        huge = right > limits.result_bits
    else:
        huge = abs(left) > 1 and right * left.bit_length() > limits.result_bits
    if huge:
        case.findings.add("constant-bomb", node, "this constant is too large to be computed")


_HUGE = "huge"


def _value(node: ast.expr, bits: int, depth: int = 0) -> int | float | str | None:
    """The number that a constant expression gives; `_HUGE` where it exceeds the bound.

    A few levels are enough: what is further inside is an operation with a judgement of its own.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _value(node.operand, bits, depth + 1)
        return -inner if isinstance(inner, int | float) else inner
    if not isinstance(node, ast.BinOp) or depth > _DEPTH:
        return None
    left = _value(node.left, bits, depth + 1)
    right = _value(node.right, bits, depth + 1)
    if isinstance(left, int) and isinstance(right, int):
        return _computed(node.op, left, right, bits)
    return _HUGE if _HUGE in (left, right) and None not in (left, right) else None


def _computed(op: ast.operator, left: int, right: int, bits: int) -> int | str | None:
    if isinstance(op, ast.Pow):
        if right < 0:
            return None
        return left**right if right * left.bit_length() <= bits else _HUGE
    if isinstance(op, ast.LShift):
        return left << right if 0 <= right <= bits else _HUGE
    if isinstance(op, ast.Mult):
        return left * right
    if isinstance(op, ast.Add):
        return left + right
    return left - right if isinstance(op, ast.Sub) else None


def _repeats(node: ast.BinOp, bound: int) -> bool:
    """Whether a text, list or tuple is repeated beyond the bound."""
    for thing, times in ((node.left, node.right), (node.right, node.left)):
        sequence = isinstance(thing, ast.List | ast.Tuple | ast.JoinedStr) or (
            isinstance(thing, ast.Constant) and isinstance(thing.value, str | bytes)
        ) or (isinstance(thing, ast.BinOp) and _is_sequence(thing))  # fmt: skip
        count = _value(times, 4096)
        if sequence and (count == _HUGE or (isinstance(count, int) and count > bound)):
            return True
    return False


def _is_sequence(node: ast.expr) -> bool:
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left = node.left
        node = left if isinstance(left, ast.List | ast.Tuple | ast.BinOp) else node.right
        if isinstance(left, ast.Constant) and isinstance(left.value, str | bytes):
            return True
    return isinstance(node, ast.List | ast.Tuple)


def _always(test: ast.expr) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Constant) and not test.operand.value
    if isinstance(test, ast.Compare):
        return _constant_comparison(test)
    return isinstance(test, ast.Constant) and bool(test.value)


def _constant_comparison(test: ast.Compare) -> bool:
    """`1 == 1`, `1 < 2`: true, or nobody's business."""
    return all(isinstance(part, ast.Constant) for part in (test.left, *test.comparators))


def _leaves(body: list[ast.stmt], *, inner: bool = False) -> bool:
    """Whether any statement can leave the loop: break, return, raise, yield, or a handled error."""
    return any(_statement_leaves(item, inner=inner) for item in body)


def _statement_leaves(node: ast.AST, *, inner: bool) -> bool:
    if isinstance(node, ast.Break):
        return not inner
    if isinstance(node, ast.Return | ast.Raise | ast.Yield | ast.YieldFrom | ast.Await):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "next":
        return True
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return False
    deeper = inner or isinstance(node, ast.For | ast.While | ast.AsyncFor)
    return any(_statement_leaves(child, inner=deeper) for child in ast.iter_child_nodes(node))
