"""Constants that explode: in operations, as arguments, as widths of texts."""

from __future__ import annotations

import ast
import math
import re
from typing import TYPE_CHECKING

from components.validator.analysis.scopes import Kind
from components.validator.registry.words import words

if TYPE_CHECKING:
    from components.validator.analysis.scopes import Scope
    from components.validator.judges.common import Case

_DEPTH = 8
_ARGUMENT_BITS = 4096
_SLACK = 10
_LEAST_LENGTH = 2
"""What an argument of `product` that nobody can measure is taken for."""
_WIDE = re.compile(r"\d{7}")
_PERCENT = re.compile(
    r"%(?:\([^)]*\))?[-#0 +]*(?:\*|\d{7,})|%(?:\([^)]*\))?[-#0 +]*\d*\.(?:\*|\d{7,})"
)
_FIRST = words("""
    bytes bytearray zeros ones empty full eye identity arange factorial ljust rjust center zfill
    tri hanning hamming blackman bartlett kaiser indices rand randn random_sample getrandbits
    randbytes expandtabs standard_normal ranf
""")
_SIZES = frozenset(
    {"shape", "size", "n", "N", "reps", "repeats", "num", "periods", "width", "times"}
)
_BUILDERS = {
    **dict.fromkeys(_FIRST, 0),
    **dict.fromkeys(("pow", "resize", "pad", "perm", "vander", "fromfunction"), 1),
    **dict.fromkeys(("linspace", "logspace", "geomspace", "randint", "normal", "uniform"), 2),
    **dict.fromkeys(("tile", "repeat"), -1),
    **dict.fromkeys(("date_range", "period_range", "timedelta_range", "random", "choice"), None),
}
"""Functions that make something large -> the argument that says how large; None: by name only."""
_HOLDERS = words("list tuple deque str bytes bytearray")
_NESTED = re.compile(r"\{[^{}]*:[^{}]*\{")
_COMBINING = frozenset({"product", "permutations", "combinations", "combinations_with_replacement"})
_WATCHED = _BUILDERS.keys() | _COMBINING | {"range", "format", "format_map", "comb"}


def judge(case: Case) -> None:
    """Powers, shifts, repetitions; large arguments; wide texts."""
    for place in case.index.operations:
        if isinstance(place.node, ast.BinOp):
            _operation(case, place.node, place.scope)
        elif isinstance(place.node, ast.AugAssign):
            _augmented(case, place.node, place.scope)
    for name in _WATCHED & case.index.calls.keys():
        for call, scope in case.index.calls[name]:
            _called(case, call, name, scope)
    for width in case.index.widths:
        if _WIDE.search(str(width.value)):
            case.findings.add("constant-bomb", width, "a text this wide fills the memory")
    for place in case.index.computed_widths:
        value = _value(case, place.node, place.scope, _ARGUMENT_BITS)
        if _too_many(value, case.findings.policy.limits.repeat):
            case.findings.add("constant-bomb", place.node, "a text this wide fills the memory")


def _too_many(value: object, bound: int) -> bool:
    return value == _HUGE or (isinstance(value, int) and abs(value) > bound)


# --- calls ----------------------------------------------------------------------------------------


def _called(case: Case, call: ast.Call, name: str, scope: Scope) -> None:
    if name == "range":
        large = _too_many(_length(case, call, scope), _SLACK * case.findings.policy.limits.repeat)
    elif name in ("format", "format_map"):
        large = _formats(case, call, scope)
    elif name in _COMBINING:
        large = _combined(case, call, name, scope) > _SLACK * case.findings.policy.limits.repeat
    elif name == "comb":
        large = len(call.args) > 1 and all(
            _too_many(_value(case, a, scope, _ARGUMENT_BITS), 100_000) for a in call.args
        )
    else:
        large = any(_sized(case, arg, scope) for arg in _size_arguments(call, name))
    if large:
        case.findings.add("constant-bomb", call, f"{name} of this size fills the memory")


def _formats(case: Case, call: ast.Call, scope: Scope) -> bool:
    """A width that is written out, or given to a format with a field inside of a field."""
    texts = [a.value for a in _format_texts(call) if isinstance(a, ast.Constant)]
    if any(isinstance(text, str) and _WIDE.search(text) for text in texts):
        return True
    values = [*call.args, *(item.value for item in call.keywords)]
    return any(isinstance(text, str) and _NESTED.search(text) for text in texts) and any(
        _too_many(_value(case, v, scope, _ARGUMENT_BITS), case.findings.policy.limits.repeat)
        for v in values
    )


def _format_texts(call: ast.Call) -> list[ast.expr]:
    """`format(x, spec)` and `text.format(...)`."""
    return [call.func.value] if isinstance(call.func, ast.Attribute) else call.args[1:2]


def _size_arguments(call: ast.Call, name: str) -> list[ast.expr]:
    position = _BUILDERS[name]
    named = [item.value for item in call.keywords if item.arg in _SIZES]
    if position is None or (name == "arange" and len(call.args) > 1):
        return named
    if name in ("rand", "randn"):
        return [ast.Tuple(call.args), *named]
    enough = len(call.args) >= max(1, position + 1)
    return [*named, call.args[position]] if enough else named


def _sized(case: Case, arg: ast.expr, scope: Scope) -> bool:
    """Whether a size, or the product of a shape, is more than a memory should hold."""
    parts = arg.elts if isinstance(arg, ast.Tuple | ast.List) else [arg]
    values = [_value(case, part, scope, _ARGUMENT_BITS) for part in parts]
    size = math.prod(abs(value) for value in values if isinstance(value, int))
    return _HUGE in values or size > _SLACK * case.findings.policy.limits.repeat


def _combined(case: Case, call: ast.Call, name: str, scope: Scope) -> int:
    """At least so many combinations come of a call of itertools; 0 where it is none of those."""
    if not case.path(call.func, scope).startswith("itertools."):
        return 0
    lengths = [_length(case, arg, scope) for arg in call.args]
    known = [n if isinstance(n, int) else _LEAST_LENGTH for n in lengths]
    times = next((k.value for k in call.keywords if k.arg in ("repeat", "r")), None)
    if name == "product":
        repeat = _value(case, times, scope, _ARGUMENT_BITS) if times is not None else 1
        base = min(math.prod(known[:64]), 1 << 64)
        return base ** min(repeat, 64) if isinstance(repeat, int) and repeat >= 0 else 0
    items = lengths[0] if lengths and isinstance(lengths[0], int) else 0
    taken = _value(case, call.args[1] if len(call.args) > 1 else times, scope, _ARGUMENT_BITS)
    chosen = min(taken if isinstance(taken, int) and taken >= 0 else items, 64)
    if name == "permutations":
        return math.perm(min(items, 1 << 20), chosen)
    return math.comb(min(items, 1 << 20), chosen)


def _length(case: Case, node: ast.expr, scope: Scope) -> int | float | str | None:
    """How many items a constant range, text or literal has."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return len(node.value)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return len(node.elts)
    if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "range":
        return None
    values = [_value(case, arg, scope, _ARGUMENT_BITS) for arg in node.args]
    if _HUGE in values:
        return _HUGE
    numbers = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    if not numbers or len(numbers) != len(values) or (len(numbers) > 2 and not numbers[2]):  # noqa: PLR2004  # start, stop, step
        return None
    spans = range(*numbers[:3])
    return abs(spans.stop - spans.start) // abs(spans.step) if spans else 0


# --- operations -----------------------------------------------------------------------------------


def _operation(case: Case, node: ast.BinOp, scope: Scope) -> None:
    limits = case.findings.policy.limits
    if isinstance(node.op, ast.Mod):
        texts = case.texts(node.left, scope) or _bytes_of(node.left)
        if any(_PERCENT.search(text) for text in texts):
            message = "a width that is huge, or can't be told, may fill the memory"
            case.findings.add("constant-bomb", node, message)
        return
    if isinstance(node.op, ast.Mult):
        if (_items(case, node, scope) or 0) > limits.repeat:
            case.findings.add("constant-bomb", node, "a repetition this long fills the memory")
        return
    left = _value(case, node.left, scope, limits.result_bits)
    right = _value(case, node.right, scope, limits.result_bits)
    if not isinstance(left, int) or not isinstance(right, int):
        huge = right is _HUGE or (left is _HUGE and isinstance(right, int) and right > 1)
    elif isinstance(node.op, ast.LShift):
        huge = right > limits.result_bits
    else:
        huge = abs(left) > 1 and right * left.bit_length() > limits.result_bits
    if huge:
        case.findings.add("constant-bomb", node, "this constant is too large to be computed")


def _bytes_of(node: ast.expr) -> frozenset[str]:
    value = node.value if isinstance(node, ast.Constant) else None
    return frozenset({value.decode("latin-1")}) if isinstance(value, bytes) else frozenset()


def _augmented(case: Case, node: ast.AugAssign, scope: Scope) -> None:
    """`x *= n` where x is a text or a list; `x **= n` and `x <<= n` with an n that is too large."""
    limits = case.findings.policy.limits
    value = _value(case, node.value, scope, limits.result_bits)
    if isinstance(node.op, ast.Mult):
        bindings = scope.lookup(node.target.id)[0] if isinstance(node.target, ast.Name) else []
        held = any(isinstance(b.node, ast.expr) and _holds(b.node) for b in bindings)
        huge = held and _too_many(value, limits.repeat)
    else:
        huge = _too_many(value, limits.result_bits)
    if huge:
        case.findings.add("constant-bomb", node, "this grows beyond the memory")


_HUGE = "huge"


def _value(
    case: Case, node: ast.AST | None, scope: Scope, bits: int, depth: int = 0
) -> int | float | str | None:
    """The number that a constant expression gives; `_HUGE` where it exceeds the bound.

    A few levels are enough: what is further inside is an operation with a judgement of its own.
    """
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, int | float) else None
    if depth > _DEPTH:
        return None
    if isinstance(node, ast.Name):
        return _named(case, node, scope, bits, depth)
    if isinstance(node, ast.BinOp):
        left = _value(case, node.left, scope, bits, depth + 1)
        right = _value(case, node.right, scope, bits, depth + 1)
        return _joined(node.op, left, right, bits)
    inner = _value(case, _inside(node), scope, bits, depth + 1) if _inside(node) else None
    return _signed(node, inner)


def _inside(node: ast.AST | None) -> ast.expr | None:
    """What has a sign, or what int() is of."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return node.operand
    whole = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "int"
    return node.args[0] if isinstance(node, ast.Call) and whole and node.args else None


def _signed(node: ast.AST | None, inner: float | str | None) -> int | float | str | None:
    if not isinstance(inner, int | float):
        return inner
    if isinstance(node, ast.UnaryOp):
        return -inner
    return int(inner) if math.isfinite(inner) else None


def _joined(
    op: ast.operator, left: float | str | None, right: float | str | None, bits: int
) -> int | float | str | None:
    if isinstance(left, int) and isinstance(right, int):
        return _computed(op, left, right, bits)
    return _HUGE if _HUGE in (left, right) and None not in (left, right) else None


def _named(
    case: Case, node: ast.Name, scope: Scope, bits: int, depth: int
) -> int | float | str | None:
    """The number of a name that is given one value, once."""
    bindings, _ = scope.lookup(node.id)
    case.project.spend(len(bindings) + 1)
    if len(bindings) != 1 or bindings[0].kind is not Kind.VALUE:
        return None
    return _value(case, bindings[0].node, bindings[0].scope, bits, depth + 1)


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


def _items(case: Case, node: ast.expr, scope: Scope, depth: int = 0) -> int | None:
    """At least so many items a text, list or tuple has; None where it is none of those."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and depth < _DEPTH:
        for thing, times in ((node.left, node.right), (node.right, node.left)):
            held = _items(case, thing, scope, depth + 1)
            if held is not None:
                count = _value(case, times, scope, _ARGUMENT_BITS)
                most = case.findings.policy.limits.repeat + 1
                number = count if isinstance(count, int) else most if count == _HUGE else 1
                return min(max(held, 1) * max(number, 1), most)
        return None
    return 1 if _holds(node) else None


def _holds(node: ast.expr) -> bool:
    """Whether an expression is a text, a list or a tuple."""
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", "") in _HOLDERS
    return isinstance(node, ast.List | ast.Tuple | ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )
